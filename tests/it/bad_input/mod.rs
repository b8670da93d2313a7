//! What users get wrong, and what they are told: every broken scenario here is refused with its place, what was given and what is allowed.

mod case;
mod command;
mod demand;
mod mutation;
mod offers;
mod plans;
mod several;
mod size;
mod top;
mod usage;
