//! How good the tagger's first answers are, by the quotes that chance drew and people decided about.

use std::collections::BTreeMap;

use koffiekar_sync_core::ids::LineKey;
use koffiekar_sync_core::office::{
    Confused, CurvePoint, LineAcceptance, LineQuality, Share, TaggerQuality, WeekOfAudit,
};
use koffiekar_tagging::calibration::{Calibration, expected_error, reliability};
use koffiekar_tagging::quality::{self, agreement, by_line, confusions};
use koffiekar_tagging::{Audited, Proportion};

use crate::calendar::Calendar;
use crate::store::answers::Judged;
use crate::tagger::audited::{Proven, audited};

/// Steps of the picture of how sure and how right.
const BINS: usize = 10;
/// The custom for the error.
const BINS_OF_ERROR: usize = 15;
const MOST_CONFUSED: usize = 20;

/// `judged`: the newest first.
pub(crate) fn of(judged: &[Judged], calendar: &Calendar) -> TaggerQuality {
    let answers = audited(judged);
    let compared: Vec<quality::Judged> = judged.iter().filter_map(compared).collect();
    let (before, after) = tried(&answers);
    let told: Vec<Vec<Vec<String>>> = judged.iter().map(people).collect();
    TaggerQuality {
        right: right(&answers),
        calibration_error: expected_error(&after, BINS_OF_ERROR),
        calibration_error_before: expected_error(&before, BINS_OF_ERROR),
        curve: curve(&after),
        lines: by_line(&compared).into_iter().map(line).collect(),
        confused: confused(&compared),
        weeks: weeks(judged, calendar),
        agreement: agreement(&told),
        judged_twice: told.iter().filter(|people| people.len() > 1).count() as u64,
    }
}

/// What the audit proves of each line in each language, and what stands by it.
pub(crate) fn acceptance(answers: &[Audited], proven: &Proven) -> Vec<LineAcceptance> {
    let mut lines: BTreeMap<(&str, LineKey), Vec<&Audited>> = BTreeMap::new();
    for answer in answers {
        let line = key(answer.line.as_deref());
        let of_line = lines.entry((&answer.language, line)).or_default();
        of_line.push(answer);
    }
    let told = lines.into_iter().map(|((language, line), answers)| {
        let hits = answers.iter().filter(|answer| answer.right).count();
        LineAcceptance {
            language: language.to_owned(),
            right: share(Proportion::of(hits, answers.len())),
            from: proven.threshold(language, &line),
            line,
        }
    });
    told.collect()
}

/// Of the quotes that this version answered, those where people found the same.
pub(crate) fn right_of(judged: &[Judged], model: &str) -> Share {
    let own = judged.iter().filter(|one| one.answer.model == model);
    right(&audited(&own.cloned().collect::<Vec<_>>()))
}

pub(crate) fn right(answers: &[Audited]) -> Share {
    let hits = answers.iter().filter(|answer| answer.right).count();
    share(Proportion::of(hits, answers.len()))
}

/// What was said, and whether it was right.
type Tried = (f32, bool);

/// Before and after calibration. The older half calibrates, and the
/// newer is looked at: on its own quotes a curve always fits.
fn tried(answers: &[Audited]) -> (Vec<Tried>, Vec<Tried>) {
    let (newer, older) = answers.split_at(answers.len() / 2);
    let calibration = Calibration::from_audit(older);
    let before = newer.iter().map(|one| (one.probability, one.right));
    let after = newer.iter().map(|one| {
        let probability = calibration.probability(&one.language, one.probability);
        (probability, one.right)
    });
    (before.collect(), after.collect())
}

fn curve(answers: &[Tried]) -> Vec<CurvePoint> {
    let bins = reliability(answers, BINS).into_iter();
    bins.map(|bin| CurvePoint {
        from: bin.from,
        to: bin.to,
        quotes: bin.quotes as u64,
        said: bin.said,
        right: bin.right,
    })
    .collect()
}

fn compared(judged: &Judged) -> Option<quality::Judged> {
    let answer = &judged.answer.line;
    let said = (!answer.is_none()).then(|| answer.to_string());
    Some(quality::Judged {
        language: judged.language.clone(),
        said: said.into_iter().collect(),
        right: keys(judged.decided.as_ref()?),
    })
}

fn line(quality: quality::LineQuality) -> LineQuality {
    LineQuality {
        language: quality.language,
        line: key(quality.line.as_deref()),
        precision: share(quality.precision),
        recall: share(quality.recall),
    }
}

fn confused(compared: &[quality::Judged]) -> Vec<Confused> {
    let all = confusions(compared).into_iter().take(MOST_CONFUSED);
    all.map(|one| Confused {
        said: key(one.said.as_deref()),
        right: key(one.right.as_deref()),
        quotes: one.quotes as u64,
    })
    .collect()
}

fn weeks(judged: &[Judged], calendar: &Calendar) -> Vec<WeekOfAudit> {
    let mut weeks: BTreeMap<String, Vec<Judged>> = BTreeMap::new();
    for one in judged {
        let monday = calendar.monday(one.answer.at);
        weeks.entry(monday).or_default().push(one.clone());
    }
    let weeks = weeks.into_iter().map(|(monday, judged)| WeekOfAudit {
        monday,
        right: right(&audited(&judged)),
    });
    weeks.filter(|week| week.right.of > 0).collect()
}

/// What each person said of it.
fn people(judged: &Judged) -> Vec<Vec<String>> {
    judged.people.values().map(keys).collect()
}

fn keys<'a>(lines: impl IntoIterator<Item = &'a LineKey>) -> Vec<String> {
    let lines = lines.into_iter().filter(|line| !line.is_none());
    lines.map(LineKey::to_string).collect()
}

/// `none` for "no action line".
fn key(line: Option<&str>) -> LineKey {
    let key = line.and_then(|line| line.parse().ok());
    key.unwrap_or_else(LineKey::none)
}

fn share(proportion: Proportion) -> Share {
    Share {
        hits: proportion.hits as u64,
        of: proportion.of as u64,
        share: proportion.share,
        low: proportion.low,
        high: proportion.high,
    }
}
