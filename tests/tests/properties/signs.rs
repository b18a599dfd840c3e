//! The sign over every state that a tablet can be in.

use koffiekar_sync_core::ids::Millis;
use koffiekar_sync_core::sign::{Disk, Facts, Line, Say, State, sign};

const AT: Millis = Millis(1_769_250_000_000);

/// All of them: each count as none, one and several.
fn all_facts() -> Vec<Facts> {
    let counts = [0, 1, 3];
    let lines = [Line::Known, Line::Silent, Line::Stranger];
    let mut all = vec![Facts::default()];
    let mut with = |change: &dyn Fn(&Facts) -> Vec<Facts>| {
        all = all.iter().flat_map(change).collect();
    };
    with(&|f| {
        [Disk::Works, Disk::Full, Disk::Broken, Disk::Emptied]
            .map(|disk| Facts { disk, ..*f })
            .into()
    });
    with(&|f| counts.map(|waiting| Facts { waiting, ..*f }).into());
    with(&|f| counts.map(|undecided| Facts { undecided, ..*f }).into());
    with(&|f| counts.map(|refused| Facts { refused, ..*f }).into());
    with(&|f| counts.map(|unfinished| Facts { unfinished, ..*f }).into());
    with(&|f| counts.map(|unreadable| Facts { unreadable, ..*f }).into());
    with(&|f| [0, 2].map(|aside| Facts { aside, ..*f }).into());
    with(&|f| [false, true].map(|typing| Facts { typing, ..*f }).into());
    with(&|f| {
        [false, true]
            .map(|signed_out| Facts { signed_out, ..*f })
            .into()
    });
    with(&|f| [false, true].map(|busy| Facts { busy, ..*f }).into());
    with(&|f| lines.map(|line| Facts { line, ..*f }).into());
    with(&|f| {
        [None, Some(AT)]
            .map(|contact| Facts { contact, ..*f })
            .into()
    });
    with(&|f| {
        [false, true]
            .map(|comparing| Facts { comparing, ..*f })
            .into()
    });
    all
}

#[test]
fn the_tick_stands_only_where_every_word_is_receipted_and_nothing_is_under_way_or_unfinished() {
    let mut ticks = 0;
    for facts in all_facts() {
        let sign = sign(&facts);
        let nothing_left = facts.waiting + facts.undecided + facts.refused + facts.unfinished == 0;
        let all_is_well = facts.disk == Disk::Works
            && facts.unreadable == 0
            && facts.aside == 0
            && !facts.typing
            && !facts.signed_out
            && facts.line == Line::Known
            && facts.contact.is_some()
            && !facts.comparing;
        let is_safe = sign.state == State::Safe;
        assert_eq!(is_safe, nothing_left && all_is_well, "{facts:?}");
        let says_all = sign.says.iter().any(|say| matches!(say, Say::Safe(_)));
        assert_eq!(says_all, is_safe, "{facts:?}");
        ticks += usize::from(is_safe);
    }
    assert!(ticks > 0);
}

#[test]
fn whatever_is_left_to_do_is_said_and_nothing_is_said_that_is_not_so() {
    for facts in all_facts() {
        let says = sign(&facts).says;
        assert!(!says.is_empty(), "{facts:?}");
        let has = |say: Say| says.contains(&say);
        let waits = has(Say::Waiting(facts.waiting)) || has(Say::Sending(facts.waiting));
        assert_eq!(waits, facts.waiting > 0, "{facts:?}");
        let undecided = has(Say::Undecided(facts.undecided));
        assert_eq!(undecided, facts.undecided > 0, "{facts:?}");
        let unfinished = has(Say::Unfinished(facts.unfinished));
        assert_eq!(unfinished, facts.unfinished > 0, "{facts:?}");
        assert_eq!(has(Say::Silent), facts.line == Line::Silent, "{facts:?}");
        assert_eq!(
            has(Say::Stranger),
            facts.line == Line::Stranger,
            "{facts:?}"
        );
        assert_eq!(has(Say::DiskFull), facts.disk == Disk::Full, "{facts:?}");
        assert_eq!(has(Say::DiskBroken), facts.disk == Disk::Broken);
        assert_eq!(has(Say::Refused(facts.refused)), facts.refused > 0);
        assert_eq!(has(Say::SignIn), facts.signed_out, "{facts:?}");
        let unreadable = has(Say::Unreadable(facts.unreadable));
        assert_eq!(unreadable, facts.unreadable > 0, "{facts:?}");
        let needs_somebody = facts.disk != Disk::Works
            || facts.refused > 0
            || facts.signed_out
            || facts.unreadable > 0
            || facts.aside > 0;
        let state = sign(&facts).state;
        assert_eq!(state == State::NeedsYou, needs_somebody, "{facts:?}");
        let is_sending = says.iter().any(|say| matches!(say, Say::Sending(_)));
        assert!(!is_sending || facts.busy && facts.line == Line::Known);
        // Of what the server has nothing is promised while that is looked up.
        let promises = |say: &Say| matches!(say, Say::Safe(_) | Say::RestSafe(_));
        assert!(!facts.comparing || !says.iter().any(promises), "{facts:?}");
    }
}
