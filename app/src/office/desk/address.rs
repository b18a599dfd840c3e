//! What the desk shows, as it stands in the address.

use koffiekar_sync_core::ids::{LineKey, RoundId};
use koffiekar_sync_core::office::{QuoteFilter, TagState};

use crate::{
    office::{filter::with_query, names::names as office_names},
    route,
    words::words,
};

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum View {
    /// What the tagger is least sure of, and a share that chance draws.
    Review,
    ToJudge,
    Proposed,
    None,
    Contested,
    /// Whatever the line.
    Confirmed,
    /// Nobody spoke, and the tagger's answer stands.
    Accepted,
    Conflicts,
    /// Whatever anybody said of it.
    All,
    /// Whatever people tagged to a line of this theme.
    Theme(LineKey),
    Line(LineKey, LineView),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LineView {
    /// Untagged, and this line is the best suggestion.
    Suggested,
    Proposed,
    Confirmed,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Address {
    pub(crate) view: View,
    pub(crate) round: String,
    pub(crate) area: String,
    pub(crate) language: String,
    pub(crate) text: String,
}

impl Address {
    /// `words` are those that are looked for.
    pub(crate) fn parse(query: &str, words: String) -> Self {
        let pairs = route::pairs(query);
        let get = |name: &str| {
            let found = pairs.iter().find(|(key, _)| key == name);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        let line_view = match get("stand").as_str() {
            "voorgesteld" => LineView::Proposed,
            "bevestigd" => LineView::Confirmed,
            _ => LineView::Suggested,
        };
        let view = match (get("lijst").as_str(), get("actielijn").parse::<LineKey>()) {
            (_, Ok(line)) if !line.is_none() => View::Line(line, line_view),
            ("opgave", _) => get("opgave").parse().map_or(View::All, View::Theme),
            ("beoordelen", _) => View::Review,
            ("voorgesteld", _) => View::Proposed,
            ("geen-actielijn", _) => View::None,
            ("tegenspraak", _) => View::Contested,
            ("bevestigd", _) => View::Confirmed,
            ("vanzelf", _) => View::Accepted,
            ("twee-lezingen", _) => View::Conflicts,
            ("alle", _) => View::All,
            _ => View::ToJudge,
        };
        Self {
            view,
            round: get("ronde"),
            area: get("buurt"),
            language: get("taal"),
            // An address that somebody kept may name them.
            text: if words.is_empty() { get("zoek") } else { words },
        }
    }

    pub(crate) fn href(&self) -> String {
        let (list, line, state) = match &self.view {
            View::Review => ("beoordelen", "", ""),
            View::ToJudge => ("", "", ""),
            View::Proposed => ("voorgesteld", "", ""),
            View::None => ("geen-actielijn", "", ""),
            View::Contested => ("tegenspraak", "", ""),
            View::Confirmed => ("bevestigd", "", ""),
            View::Accepted => ("vanzelf", "", ""),
            View::Conflicts => ("twee-lezingen", "", ""),
            View::All => ("alle", "", ""),
            View::Theme(_) => ("opgave", "", ""),
            View::Line(line, LineView::Suggested) => ("", line.as_str(), ""),
            View::Line(line, LineView::Proposed) => ("", line.as_str(), "voorgesteld"),
            View::Line(line, LineView::Confirmed) => ("", line.as_str(), "bevestigd"),
        };
        let theme = match &self.view {
            View::Theme(theme) => theme.to_string(),
            _ => String::new(),
        };
        let query = route::to_query([
            ("lijst", list.to_owned()),
            ("opgave", theme),
            ("actielijn", line.to_owned()),
            ("stand", state.to_owned()),
            ("ronde", self.round.clone()),
            ("buurt", self.area.clone()),
            ("taal", self.language.clone()),
        ]);
        with_query("/redactie", &query)
    }

    /// A new entry in the browser's history.
    pub(super) fn show(&self) {
        route::show(&self.href(), &self.text);
    }

    /// The same filters on another list.
    pub(crate) fn with_view(&self, view: View) -> Self {
        Self {
            view,
            ..self.clone()
        }
    }

    pub(crate) fn is_filtered(&self) -> bool {
        [&self.round, &self.area, &self.language, &self.text]
            .iter()
            .any(|text| !text.is_empty())
    }

    pub(crate) fn cleared(&self) -> Self {
        Self {
            view: self.view.clone(),
            round: String::new(),
            area: String::new(),
            language: String::new(),
            text: String::new(),
        }
    }

    pub(crate) fn heading(&self) -> String {
        let (words, names) = (&words().desk, &words().names);
        match &self.view {
            View::Review => words.review.to_owned(),
            View::ToJudge => words.to_judge.to_owned(),
            View::Proposed => words.proposed.to_owned(),
            View::None => words.none.to_owned(),
            View::Contested => words.contested.to_owned(),
            View::Confirmed => words.confirmed_title.to_owned(),
            View::Accepted => names.accepted.to_owned(),
            View::Conflicts => words.conflicts.to_owned(),
            View::All => words.all.to_owned(),
            View::Theme(theme) => office_names().theme(theme),
            View::Line(line, _) => office_names().line(line),
        }
    }

    /// The list of all quotes that stand so.
    pub(super) fn view_of(state: TagState) -> View {
        match state {
            TagState::Untagged => View::ToJudge,
            TagState::Proposed => View::Proposed,
            TagState::Confirmed => View::Confirmed,
            TagState::Contested => View::Contested,
            TagState::Accepted => View::Accepted,
        }
    }

    /// What the server is asked for.
    pub(crate) fn filter(&self) -> QuoteFilter {
        let given = |text: &String| (!text.is_empty()).then(|| text.clone());
        let mut filter = QuoteFilter {
            round: self.round.parse::<RoundId>().ok(),
            area: given(&self.area),
            language: given(&self.language),
            text: given(&self.text),
            ..QuoteFilter::default()
        };
        match &self.view {
            View::Review | View::All => {}
            View::Theme(theme) => filter.theme = Some(theme.clone()),
            View::ToJudge => filter.tag_state = Some(TagState::Untagged),
            View::Proposed => filter.tag_state = Some(TagState::Proposed),
            View::Contested => filter.tag_state = Some(TagState::Contested),
            View::Confirmed => filter.tag_state = Some(TagState::Confirmed),
            View::Accepted => filter.tag_state = Some(TagState::Accepted),
            View::Conflicts => filter.conflict = Some(true),
            View::None => {
                filter.action_line = Some(LineKey::none());
                filter.tag_state = Some(TagState::Confirmed);
            }
            View::Line(line, LineView::Suggested) => filter.suggested = Some(line.clone()),
            View::Line(line, state) => {
                filter.action_line = Some(line.clone());
                filter.tag_state = Some(if *state == LineView::Proposed {
                    TagState::Proposed
                } else {
                    TagState::Confirmed
                });
            }
        }
        filter
    }
}
