//! The features a model knows, and how much each says by being rare.

/// Weights by rarity are kept in steps of one sixteenth, one byte each; training uses the rounded ones too, so that a
/// model that was saved is the model that was trained.
const RARITY_STEPS: f64 = 16.0;

/// Known features in ascending order, their rarity beside them; a row is a feature's place in that order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Vocabulary {
    features: Vec<u32>,
    rarities: Vec<u8>,
    /// The rarity of a feature that is not known.
    unknown: u8,
    /// Open addressing: row + 1, or 0 where a slot is free. Derived from `features`.
    slots: Vec<u32>,
}

impl Vocabulary {
    /// `features` ascend strictly, and there are as many `rarities`.
    pub(crate) fn new(features: Vec<u32>, rarities: Vec<u8>, unknown: u8) -> Self {
        assert_eq!(features.len(), rarities.len());
        assert!(features.is_sorted_by(|a, b| a < b));
        let mut slots = vec![0; (features.len() * 2).next_power_of_two().max(2)];
        let mask = slots.len() - 1;
        for (row, feature) in features.iter().enumerate() {
            let mut slot = *feature as usize & mask;
            while slots[slot] != 0 {
                slot = (slot + 1) & mask;
            }
            slots[slot] = row as u32 + 1;
        }
        Self {
            features,
            rarities,
            unknown,
            slots,
        }
    }

    /// The row of a known feature.
    pub(crate) fn row(&self, feature: u32) -> Option<usize> {
        let mask = self.slots.len() - 1;
        let mut slot = feature as usize & mask;
        loop {
            let row = (self.slots[slot] as usize).checked_sub(1)?;
            if self.features[row] == feature {
                return Some(row);
            }
            slot = (slot + 1) & mask;
        }
    }

    pub(crate) fn rarity(&self, row: usize) -> f32 {
        f32::from(self.rarities[row]) / RARITY_STEPS as f32
    }

    pub(crate) fn rarity_of_unknown(&self) -> f32 {
        f32::from(self.unknown) / RARITY_STEPS as f32
    }

    pub(crate) fn len(&self) -> usize {
        self.features.len()
    }

    pub(crate) fn features(&self) -> &[u32] {
        &self.features
    }

    pub(crate) fn rarities(&self) -> &[u8] {
        &self.rarities
    }

    pub(crate) fn unknown(&self) -> u8 {
        self.unknown
    }

    /// The same vocabulary with only these rows, which ascend.
    pub(crate) fn keep(&self, rows: &[usize]) -> Self {
        let features = rows.iter().map(|row| self.features[*row]).collect();
        let rarities = rows.iter().map(|row| self.rarities[*row]).collect();
        Self::new(features, rarities, self.unknown)
    }
}

/// Inverse document frequency, smoothed as if one more text held every feature: `ln((1 + texts) / (1 + holding)) + 1`.
pub(crate) fn rarity(texts: usize, holding: usize) -> u8 {
    let rarity = crate::arithmetic::ln((1 + texts) as f64 / (1 + holding) as f64) + 1.0;
    (rarity * RARITY_STEPS).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_feature_is_found_and_no_other() {
        let features: Vec<u32> = (0..5_000u32).map(|n| n * 64).collect();
        let vocabulary = Vocabulary::new(features.clone(), vec![16; features.len()], 40);
        for (row, feature) in features.iter().enumerate() {
            assert_eq!(vocabulary.row(*feature), Some(row));
            assert_eq!(vocabulary.row(feature + 1), None);
        }
        assert_eq!(Vocabulary::new(vec![], vec![], 0).row(7), None);
    }

    #[test]
    fn a_rare_feature_says_more() {
        assert!(rarity(10_000, 1) > rarity(10_000, 5_000));
        assert_eq!(rarity(10, 10), 16);
    }
}
