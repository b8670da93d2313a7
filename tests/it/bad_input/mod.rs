//! What users get wrong, and what they are told: every broken scenario here is refused with its place, what was given and what is allowed.

#![allow(clippy::too_many_lines, reason = "tables of cases are long")]

mod case;
mod command;
mod contracts;
mod demand;
mod events;
mod levers;
mod limits;
mod mutation;
mod offers;
mod outages;
mod plans;
mod policies;
mod queues;
mod requests;
mod several;
mod size;
mod top;
mod usage;
