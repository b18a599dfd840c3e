//! Stories that once went wrong, shortened, each in one line of `kept.txt`. They are lived through
//! before any seed is: a seed makes another plan as soon as there is a new kind of event, and these
//! stay what they are.

use std::fmt::Write;

use super::plan::{Event, KINDS, Plan, What};

/// All of them, with the line of each.
pub fn kept() -> impl Iterator<Item = (&'static str, Plan)> {
    let lines = include_str!("kept.txt").lines();
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| {
        (
            line,
            parsed(line).unwrap_or_else(|| panic!("no plan: {line}")),
        )
    })
}

/// `seed people rounds small: number What dice, ...`
pub fn line(plan: &Plan) -> String {
    let mut line = format!(
        "{} {} {} {}:",
        plan.seed, plan.people, plan.rounds, plan.small_parcels
    );
    for (at, event) in plan.events.iter().enumerate() {
        let comma = if at == 0 { "" } else { "," };
        let Event { number, what, dice } = event;
        let _ = write!(line, "{comma} {number} {what} {dice}");
    }
    line
}

fn parsed(line: &str) -> Option<Plan> {
    let (head, events) = line.split_once(':')?;
    let mut head = head.split(' ');
    Some(Plan {
        seed: head.next()?.parse().ok()?,
        people: head.next()?.parse().ok()?,
        rounds: head.next()?.parse().ok()?,
        small_parcels: head.next()?.parse().ok()?,
        events: events.split(',').map(event).collect::<Option<_>>()?,
    })
}

fn event(text: &str) -> Option<Event> {
    let mut words = text.split_whitespace();
    let number = words.next()?.parse().ok()?;
    let name = words.next()?;
    let mut kinds = KINDS.iter().map(|(what, ..)| *what);
    let what: What = kinds.find(|what| what.to_string() == name)?;
    let dice = words.next()?.parse().ok()?;
    Some(Event { number, what, dice })
}
