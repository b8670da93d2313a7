//! The hours in which work that waits may use an offer: on demand at night only, say.

use super::PlanSpec;
use crate::spec::{Map, Reader, nearest};
use crate::supply::offer::Offer;
use crate::supply::route::Member;
use crate::supply::schedule::{Schedule, ScheduleSpec};

/// Sets the hours of a plan on the members that wait. True when all is well.
///
/// The key is the plan's and not the offer's, because interactive work uses the same offer around the clock.
pub(crate) fn waiting_hours(spec: &PlanSpec, offers: &[Offer], members: &mut [Member], reader: &mut Reader) -> bool {
    let Some(hours) = &spec.hours else { return true };
    let mut good = true;
    for (name, schedule) in &hours.entries {
        good &= Schedule::check(schedule, reader);
        let Some(offer) = offers.iter().position(|offer| offer.name == name.value) else {
            let names = || offers.iter().map(|offer| offer.name.as_str());
            let diagnostic = reader.error(&name.at, "is no offer");
            diagnostic.given = Some(name.value.clone());
            diagnostic.allowed = Some(names().collect::<Vec<_>>().join(", "));
            diagnostic.help = nearest(name, names()).map(|near| format!("did you mean `{near}`?"));
            good = false;
            continue;
        };
        if !members.iter().any(|member| member.waits.is_some() && member.route.contains(&offer)) {
            let allowed = "an on-demand or provisioned offer on the route of a workload with `queue = true`";
            reader.refuse(&name.at, "limits the hours of work that waits, and none of this plan's goes there", allowed);
            good = false;
        }
    }
    if good {
        members.iter_mut().for_each(|member| limit(member, hours, offers));
    }
    good
}

fn limit(member: &mut Member, hours: &Map<ScheduleSpec>, offers: &[Offer]) {
    let Some(waits) = &mut member.waits else { return };
    for (open, &offer) in waits.hours.iter_mut().zip(&member.route) {
        *open = hours.get(&offers[offer].name).map(|schedule| Schedule::new(schedule));
    }
}
