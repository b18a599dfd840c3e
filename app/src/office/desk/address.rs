//! What the desk shows, as it stands in the address.

use koffiekar_sync_core::ids::{LineKey, RoundId};
use koffiekar_sync_core::office::{QuoteFilter, TagState};

use crate::{
    office::{filter::with_query, names::names},
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
    Conflicts,
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
    pub(crate) fn parse(query: &str) -> Self {
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
            ("beoordelen", _) => View::Review,
            ("voorgesteld", _) => View::Proposed,
            ("geen-actielijn", _) => View::None,
            ("tegenspraak", _) => View::Contested,
            ("twee-lezingen", _) => View::Conflicts,
            _ => View::ToJudge,
        };
        Self {
            view,
            round: get("ronde"),
            area: get("buurt"),
            language: get("taal"),
            text: get("zoek"),
        }
    }

    pub(crate) fn href(&self) -> String {
        let (list, line, state) = match &self.view {
            View::Review => ("beoordelen", "", ""),
            View::ToJudge => ("", "", ""),
            View::Proposed => ("voorgesteld", "", ""),
            View::None => ("geen-actielijn", "", ""),
            View::Contested => ("tegenspraak", "", ""),
            View::Conflicts => ("twee-lezingen", "", ""),
            View::Line(line, LineView::Suggested) => ("", line.as_str(), ""),
            View::Line(line, LineView::Proposed) => ("", line.as_str(), "voorgesteld"),
            View::Line(line, LineView::Confirmed) => ("", line.as_str(), "bevestigd"),
        };
        let query = route::to_query([
            ("lijst", list.to_owned()),
            ("actielijn", line.to_owned()),
            ("stand", state.to_owned()),
            ("ronde", self.round.clone()),
            ("buurt", self.area.clone()),
            ("taal", self.language.clone()),
            ("zoek", self.text.clone()),
        ]);
        with_query("/redactie", &query)
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
        let words = &words().desk;
        match &self.view {
            View::Review => words.review.to_owned(),
            View::ToJudge => words.to_judge.to_owned(),
            View::Proposed => words.proposed.to_owned(),
            View::None => words.none.to_owned(),
            View::Contested => words.contested.to_owned(),
            View::Conflicts => words.conflicts.to_owned(),
            View::Line(line, _) => names().line(line),
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
            View::Review => {}
            View::ToJudge => filter.tag_state = Some(TagState::Untagged),
            View::Proposed => filter.tag_state = Some(TagState::Proposed),
            View::Contested => filter.tag_state = Some(TagState::Contested),
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
