//! Writes columns as Automerge spells them: what [`crate::columns`] reads.

/// What stands in a column.
pub(crate) trait Spelled: Copy + PartialEq {
    fn write(self, out: &mut Vec<u8>);
}

impl Spelled for u64 {
    fn write(self, out: &mut Vec<u8>) {
        unsigned(out, self);
    }
}

impl Spelled for i64 {
    fn write(self, out: &mut Vec<u8>) {
        signed(out, self);
    }
}

impl Spelled for &str {
    fn write(self, out: &mut Vec<u8>) {
        unsigned(out, self.len() as u64);
        out.extend_from_slice(self.as_bytes());
    }
}

/// A column of runs: of one value, of different values, of nulls. A column of nulls alone is empty.
#[derive(Debug)]
pub(crate) struct Runs<T> {
    out: Vec<u8>,
    last: Option<T>,
    times: u64,
    /// Single values that are not written yet.
    different: Vec<T>,
}

impl<T> Default for Runs<T> {
    fn default() -> Self {
        Self {
            out: Vec::new(),
            last: None,
            times: 0,
            different: Vec::new(),
        }
    }
}

impl<T: Spelled> Runs<T> {
    pub(crate) fn push(&mut self, value: Option<T>) {
        if self.times > 0 && value != self.last {
            self.close();
        }
        self.last = value;
        self.times += 1;
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        if self.out.is_empty() && self.different.is_empty() && self.last.is_none() {
            return Vec::new();
        }
        self.close();
        self.write_different();
        self.out
    }

    /// Ends a run of equal values.
    fn close(&mut self) {
        match (self.last, self.times) {
            (_, 0) => {}
            (Some(value), 1) => self.different.push(value),
            (Some(value), times) => {
                self.write_different();
                signed(&mut self.out, times.cast_signed());
                value.write(&mut self.out);
            }
            (None, times) => {
                self.write_different();
                signed(&mut self.out, 0);
                unsigned(&mut self.out, times);
            }
        }
        self.times = 0;
    }

    fn write_different(&mut self) {
        if !self.different.is_empty() {
            signed(&mut self.out, -(self.different.len() as i64));
        }
        for value in self.different.drain(..) {
            value.write(&mut self.out);
        }
    }
}

/// Numbers by their differences.
#[derive(Debug, Default)]
pub(crate) struct Differences {
    runs: Runs<i64>,
    last: i64,
}

impl Differences {
    pub(crate) fn push(&mut self, number: Option<u64>) {
        let difference = number.map(|number| {
            let number = number.cast_signed();
            number - std::mem::replace(&mut self.last, number)
        });
        self.runs.push(difference);
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.runs.finish()
    }
}

/// Counts of false and true by turns.
#[derive(Debug, Default)]
pub(crate) struct Booleans {
    out: Vec<u8>,
    value: bool,
    times: u64,
}

impl Booleans {
    pub(crate) fn push(&mut self, value: bool) {
        if value != self.value {
            unsigned(&mut self.out, self.times);
            self.value = value;
            self.times = 0;
        }
        self.times += 1;
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        if self.times > 0 {
            unsigned(&mut self.out, self.times);
        }
        self.out
    }
}

/// Unsigned LEB128.
pub(crate) fn unsigned(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Signed LEB128.
pub(crate) fn signed(out: &mut Vec<u8>, mut value: i64) {
    while !(-0x40..0x40).contains(&value) {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push((value & 0x7f) as u8);
}
