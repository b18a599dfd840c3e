//! Every text on the office screens, in Dutch and in English.
//!
//! The texts are constants of one type: one that is missing in a language does not compile. The
//! field screens keep their own, in the same manner and by the same choice of language.

mod en;
mod nl;

use js_sys::{Array, Function, Object, Reflect};
use koffiekar_sync_core::catalogue::RoundKind;
use koffiekar_sync_core::consent::Purpose;
use koffiekar_sync_core::office::{
    ACTS, Dimension, LineStanding, RescueOutcome, Role, SelectionBlock, TagState,
};
use koffiekar_sync_core::wire::ReasonCode;
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};

use crate::keep;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    Dutch,
    English,
}

impl Language {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Dutch => "nl",
            Self::English => "en",
        }
    }
}

const KEPT: &str = "language";

thread_local! {
    static LANGUAGE: ArcRwSignal<Language> = ArcRwSignal::new(match keep::read(KEPT).as_deref() {
        Some("en") => Language::English,
        _ => Language::Dutch,
    });
}

pub(crate) fn language() -> ArcRwSignal<Language> {
    LANGUAGE.with(Clone::clone)
}

pub(crate) fn chosen() -> Language {
    language().get_untracked()
}

pub(crate) fn choose(language: Language) {
    keep::write(KEPT, language.code());
    LANGUAGE.with(|signal| signal.set(language));
}

/// The texts in the language chosen. Not reactive: another language draws the page anew.
pub(crate) fn words() -> &'static Words {
    match chosen() {
        Language::Dutch => &nl::NL,
        Language::English => &en::EN,
    }
}

/// Puts `values` in the places of `{}`, in order.
pub(crate) fn fill(text: &str, values: &[&str]) -> String {
    let mut values = values.iter();
    let mut filled = String::new();
    for (index, part) in text.split("{}").enumerate() {
        if index > 0 {
            filled.push_str(values.next().copied().unwrap_or_default());
        }
        filled.push_str(part);
    }
    filled
}

/// As [`fill`], and `[citaat|citaten]` becomes what belongs to this number: what stands before the line for
/// one, what stands behind it for all others. Dutch and English have no more forms than these.
pub(crate) fn counted(text: &str, number: u64, values: &[&str]) -> String {
    let mut chosen = String::new();
    for (index, part) in text.split('[').enumerate() {
        let Some((forms, rest)) = part.split_once(']').filter(|_| index > 0) else {
            chosen.push_str(part);
            continue;
        };
        let (one, many) = forms.split_once('|').unwrap_or((forms, forms));
        chosen.push_str(if number == 1 { one } else { many });
        chosen.push_str(rest);
    }
    fill(&chosen, values)
}

/// `1 citaat`, `2.310 citaten`.
pub(crate) fn count(number: u64, (one, many): (&str, &str)) -> String {
    format!(
        "{} {}",
        self::number(number),
        if number == 1 { one } else { many }
    )
}

/// `2.310` in Dutch, `2,310` in English.
pub(crate) fn number(number: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a number on a screen")]
    let number = js_sys::Number::from(number as f64);
    number.to_locale_string(chosen().code()).into()
}

/// What the browser calls a language, in the language of the screen.
fn language_by_browser(code: &str) -> Option<String> {
    let get = |of: &JsValue, name: &str| Reflect::get(of, &JsValue::from_str(name)).ok();
    let intl = get(&js_sys::global(), "Intl")?;
    let make: Function = get(&intl, "DisplayNames")?.dyn_into().ok()?;
    let options = Object::new();
    Reflect::set(&options, &"type".into(), &"language".into()).ok()?;
    let with = Array::of2(&chosen().code().into(), &options);
    let names = Reflect::construct(&make, &with).ok()?;
    let of: Function = get(&names, "of")?.dyn_into().ok()?;
    let name = of.call1(&names, &JsValue::from_str(code)).ok()?.as_string();
    name.filter(|name| name != code)
}

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident { $($text:ident),* $(,)? })*) => {
        $($(#[$doc])* pub(crate) struct $name { $(pub(crate) $text: &'static str),* })*
    };
}

pub(crate) struct Words {
    pub(crate) shell: Shell,
    pub(crate) update: Update,
    pub(crate) failure: Failure,
    pub(crate) sign_in: SignIn,
    pub(crate) common: Common,
    pub(crate) names: Names,
    pub(crate) filters: Filters,
    pub(crate) desk: Desk,
    pub(crate) shortcuts: Shortcuts,
    pub(crate) detail: Detail,
    pub(crate) publications: Publications,
    pub(crate) analysis: Analysis,
    pub(crate) quality: Quality,
    pub(crate) people: People,
    pub(crate) rounds: Rounds,
    pub(crate) asks: Asks,
    pub(crate) lines: Lines,
    pub(crate) devices: Devices,
    pub(crate) held: Held,
    pub(crate) rescue: Rescue,
    pub(crate) erasing: Erasing,
    pub(crate) password: Password,
    pub(crate) audit: Audit,
    /// In the order of `koffiekar_sync_core::office::ACTS`.
    pub(crate) acts: [&'static str; ACTS.len()],
}

texts! {
    Shell {
        to_content, main_menu, field, desk, publications, analysis, quality, administration, sign_out,
        demo, demo_account, language, theme, theme_device, theme_light, theme_dark, not_found,
        not_found_hint, to_start, provisional, not_for_role,
        not_for_role_hint, two_uses, use_field, use_desk,
    }
    Update { there_is, runs_elsewhere, now, later }
    Failure { offline, timed_out, stranger, signed_out, unreadable, reference, again, title, is_offline }
    SignIn {
        title, login, login_hint, password, show, submit, busy, no_login, no_password, wrong,
        expired, demo_hint, about, to_field, again,
    }
    Password {
        title, link, intro, current, new, new_hint, show, hide, make, made, save, saved, no_current, short,
        blank,
    }
    Audit {
        title, intro, person, everybody, act, every_act, from, until, when, object, origin, result, done, refused,
        nobody, empty, empty_hint, rows_one, rows_many, lines_one, lines_many, searched,
        coarse,
    }
    Common {
        busy, cancel, save, edit, errors, more, none, undo, unknown, close_dialog, close_message,
        unsaved, go_on_typing, throw_away,
    }
    /// Names of what is stored by a key.
    Names {
        none_line, line_counts_for, line_split_into, line_retired, untagged, no_line_yet, proposed, confirmed, contested, rejected, accepted, neighbourhood_round,
        open_house, consultation, concept_reaction, role_field, role_editor, role_analyst,
        role_administrator, analysis, anonymous_publication, named_publication, follow_up_contact,
        may_without_name, only_with_name, may_not, no_consent, wording_conflict, removed,
        contested_block, unjudged_block, kern,
        verdiepend, concept, definitive, by_action_line, by_theme, by_area, by_wijk, by_round,
        by_kind, by_language, by_month, by_tag_state, nl, en, tr, ar, ber, other_language,
        unknown_area,
        why_revoked, why_foreign, why_closed, why_other_round, why_turned_down, why_not_allowed,
        why_too_large, why_unreadable, why_full, why_later, time_doubtful,
    }
    Filters {
        did_you_mean, found_elsewhere,
        legend, action_line, theme, area, round, kind, language, from, until, tag_state, text,
        all, clear, consent, search, as_of, as_of_hint,
    }
    Desk {
        views, all, other_lists, review, review_hint, review_more, of_theme, drawn, second_opinion, to_judge, proposed, none, contested, conflicts, lines, waiting, waiting_title,
        proposed_title, confirmed_title, line_views, search, empty_title, empty_done,
        empty_filter, empty_line, quote_one, quotes, more, suggested, because, confirm_suggestion,
        tags, confirm_tag, reject_tag, no_line, other_line, choose, open, undone, nothing_to_undo,
        decided_line, decided_none, rejected, failed, nothing_to_reject, pick_reject, pick_line,
        pick_line_hint, no_match, pick_section, pick_section_hint, chosen, already_chosen,
        may_not_choose, no_sections, sections_missing, two_wordings, chosen_in, help, fitting, others,
        everything_loaded, show_lines, no_suggestions, probability, list, said_already,
        undone_elsewhere, decided_since, quote_gone,
    }
    Shortcuts {
        title, intro, next, previous, suggestion, none, other, reject, undo, choose, open, search,
        help, back, on, off, key, does,
    }
    Detail {
        title, notes, no_notes, recorded_by, said, nobody, proposed, confirmed, rejected, others,
        no_others, wordings, wordings_hint, wording, this_one, settled, changed, added, not_found,
        consent, when, where_, round, language, line, who, what, number, copy, copied, not_copied,
        unknown_author, settled_by, settled_from,
    }
    Publications {
        title, intro, empty, empty_hint, sections, empty_section, to_desk, remove, removed,
        blocked, blocked_count, print, chosen_by, all_good, only_own_rounds, of_which, no_consent,
        unsettled, unjudged, taken_away, is_removed, put_back, put_back_done, leave_removed,
    }
    Analysis {
        title, total, none, none_hint, by, and_by, no_second, chart, table, quotes, csv, csv_hint,
        sum, double, chart_label, show, filters, rest, by_state, without_tags, csv_table, csv_program, csv_busy, csv_saved, csv_failed, numbers,
    }
    /// How good the tagger is.
    Quality {
        title, intro, none, none_hint, right, right_of, between, error, error_of, agreement,
        agreement_none, agreement_of, weeks, weeks_hint, week, judged, share, low_high, curve,
        curve_hint, said, turned_out, lines, lines_hint, line, precision, recall, all_languages,
        language, confused, confused_none, confused_said, confused_right, quotes, table,
        acceptance, acceptance_hint, acceptance_off, acceptance_on, acceptance_wanted,
        acceptance_wanted_hint, acceptance_save, acceptance_stop, acceptance_wrong,
        acceptance_saved, acceptance_stopped, stands_from, stands_not, too_few, versions,
        versions_hint, version, used_from, labels, version_lines, version_right, in_use, held,
        held_since, go_on, gone_on, look, look_none, look_moved, look_come, look_go, go_back,
        gone_back,
    }
    People {
        title, add, login, login_hint, name, role, rounds, rounds_hint, password, password_hint,
        new_password, disabled, active, change, login_wrong, name_wrong, password_wrong, added,
        changed, state, demo, confirm_disable, actions, new_password_hint,
    }
    Rounds {
        title, add, name, kind, starts, ends, open, closed, close, reopen, empty, name_wrong,
        date_wrong, order_wrong, added, confirm_close, state, period, is_closed, is_open, time_zone, change,
        changed, save_so, outside, outside_stay,
    }
    /// What residents are asked.
    Asks { title, intro, which, no_question, no_names, no_numbers, saved }
    Lines {
        title, intro, line, description, description_hint, synonyms, synonyms_hint, title_wrong,
        preview, preview_hint, preview_busy, preview_failed, preview_none, preview_same, preview_come, preview_go,
        preview_stay, preview_of, preview_from, preview_to, preview_lines,
        changed, empty, edit, theme, ended_retired, ended_split, ended_merged, act, act_title, act_kind,
        act_retired, act_split, act_merged, act_retired_hint, act_split_hint, act_merged_hint, act_on, act_on_hint,
        act_part, act_into, act_new, act_also, act_note, act_note_hint, act_choose, act_look, act_use, act_sections,
        act_spread, act_save, act_done, act_undo, act_undo_title, act_undo_text, act_is_undone, acts, acts_by,
        acts_intro,
    }
    Devices {
        title, intro, empty, empty_hint, label, user, enrolled, last_contact, waiting, never,
        revoke, revoked, active, confirm, confirm_text, done, state,
    }
    Held {
        title, title_counted, intro, views, waits, turned_down, empty, empty_hint,
        none_turned_down, none_turned_down_hint, round, no_round, why, received, size, text,
        is_new, is_edit, conversation, conversations, accept, turn_down, accept_all,
        turn_down_all, shown, accept_title, accept_text, turn_down_title, turn_down_text,
        text_label, text_hint, text_wrong, busy, done_accepted, done_turned_down, done_in_part,
    }
    Rescue {
        title, intro, file, file_hint, read, no_file, not_a_rescue, not_read, done, result, whose,
        conversation, outcome, stored, unchanged, held, erased, refused, to_held,
    }
    Erasing {
        title, intro, number, number_hint, number_wrong, find, not_found, not_found_hint, gone,
        gone_on, to_successor, found, round, recorded, recorded_by, tablet, by_server, received,
        notes, char_one, char_many, quote, quote_numbered, taken_away, quote_one, quote_many,
        length, selections, no_quotes, erase_quote, erase_all, erase_all_hint, move_title,
        move_hint, move_to, choose_round, move_deed, moved, whose, certain_all, certain_quote,
        happens_all, happens_quote, happens_chosen, place_one, place_many, happens_tablets,
        not_undone, for_good, erased, list, list_hint, none, none_hint, when, what, by,
        by_restore, stage, whole, unreachable, gone_from_files, gone_from_files_at,
    }
}

impl Names {
    /// When something was recorded, `at`; or that this is not sure, where the tablet's clock was not.
    pub(crate) fn recorded(&self, at: &str, is_doubtful: bool) -> String {
        if is_doubtful {
            fill(self.time_doubtful, &[at])
        } else {
            at.to_owned()
        }
    }
    pub(crate) fn kind(&self, kind: RoundKind) -> &'static str {
        match kind {
            RoundKind::NeighbourhoodRound => self.neighbourhood_round,
            RoundKind::OpenHouse => self.open_house,
            RoundKind::Consultation => self.consultation,
            RoundKind::ConceptReaction => self.concept_reaction,
        }
    }
    pub(crate) fn role(&self, role: Role) -> &'static str {
        match role {
            Role::Field => self.role_field,
            Role::Editor => self.role_editor,
            Role::Analyst => self.role_analyst,
            Role::Administrator => self.role_administrator,
        }
    }
    pub(crate) fn standing(&self, standing: LineStanding) -> &'static str {
        match standing {
            LineStanding::Proposed => self.proposed,
            LineStanding::Confirmed => self.confirmed,
            LineStanding::Contested => self.contested,
            LineStanding::Rejected => self.rejected,
            LineStanding::Accepted => self.accepted,
        }
    }
    pub(crate) fn tag_state(&self, state: TagState) -> &'static str {
        match state {
            TagState::Untagged => self.untagged,
            TagState::Proposed => self.proposed,
            TagState::Confirmed => self.confirmed,
            TagState::Contested => self.contested,
            TagState::Accepted => self.accepted,
        }
    }
    pub(crate) fn purpose(&self, purpose: Purpose) -> &'static str {
        match purpose {
            Purpose::Analysis => self.analysis,
            Purpose::AnonymousPublication => self.anonymous_publication,
            Purpose::NamedPublication => self.named_publication,
            Purpose::FollowUpContact => self.follow_up_contact,
        }
    }
    /// What a resident's answers mean for the text in print.
    pub(crate) fn publication(&self, consent: &[Purpose]) -> &'static str {
        if consent.contains(&Purpose::AnonymousPublication) {
            self.may_without_name
        } else if consent.contains(&Purpose::NamedPublication) {
            self.only_with_name
        } else {
            self.may_not
        }
    }
    pub(crate) fn block(&self, block: SelectionBlock) -> &'static str {
        match block {
            SelectionBlock::NoConsent => self.no_consent,
            SelectionBlock::WordingConflict => self.wording_conflict,
            SelectionBlock::Removed => self.removed,
            SelectionBlock::Contested => self.contested_block,
            SelectionBlock::Unjudged => self.unjudged_block,
        }
    }
    pub(crate) fn dimension(&self, dimension: Dimension) -> &'static str {
        match dimension {
            Dimension::ActionLine => self.by_action_line,
            Dimension::Theme => self.by_theme,
            Dimension::Area => self.by_area,
            Dimension::Wijk => self.by_wijk,
            Dimension::Round => self.by_round,
            Dimension::Kind => self.by_kind,
            Dimension::Language => self.by_language,
            Dimension::Month => self.by_month,
            Dimension::TagState => self.by_tag_state,
        }
    }
    /// Why work was held or refused, for whoever decides about it.
    pub(crate) fn reason(&self, code: ReasonCode) -> &'static str {
        match code {
            ReasonCode::DeviceRevoked => self.why_revoked,
            ReasonCode::ForeignRound => self.why_foreign,
            ReasonCode::ClosedRound => self.why_closed,
            ReasonCode::OtherRound => self.why_other_round,
            ReasonCode::TurnedDown => self.why_turned_down,
            ReasonCode::NotAllowed => self.why_not_allowed,
            ReasonCode::TooLarge => self.why_too_large,
            ReasonCode::Unreadable | ReasonCode::NotAConversation => self.why_unreadable,
            ReasonCode::QuarantineFull => self.why_full,
            ReasonCode::TryAgain | ReasonCode::CannotReplay => self.why_later,
        }
    }
    /// The name of a language, or its code where nobody has a name for it.
    pub(crate) fn language(&self, code: &str) -> String {
        match code {
            "nl" => self.nl.to_owned(),
            "en" => self.en.to_owned(),
            "tr" => self.tr.to_owned(),
            "ar" => self.ar.to_owned(),
            "ber" | "zgh" | "rif" => self.ber.to_owned(),
            "und" => self.other_language.to_owned(),
            _ => language_by_browser(code).unwrap_or_else(|| code.to_owned()),
        }
    }
    pub(crate) fn form(&self, form: &str) -> &'static str {
        if form == "kern" {
            self.kern
        } else {
            self.verdiepend
        }
    }
    pub(crate) fn publication_state(&self, state: &str) -> &'static str {
        if state == "concept" {
            self.concept
        } else {
            self.definitive
        }
    }
}

impl Rescue {
    pub(crate) fn became(&self, outcome: RescueOutcome) -> &'static str {
        match outcome {
            RescueOutcome::Stored => self.stored,
            RescueOutcome::Unchanged => self.unchanged,
            RescueOutcome::Held => self.held,
            RescueOutcome::Erased => self.erased,
            RescueOutcome::Refused => self.refused,
        }
    }
}
