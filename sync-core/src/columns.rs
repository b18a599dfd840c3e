//! The columns of a change: run-length encoded, read item by item, nothing built up.
//!
//! Only the spelling that Automerge itself writes is read. It forgets any other when it saves, and
//! the hash of the change with it: what was taken in could never be given to anybody.

use crate::gatekeeper::Unreadable;
use crate::reader::Reader;

/// What stands in a column.
pub(crate) trait Item<'a>: Copy + PartialEq {
    fn read(reader: &mut Reader<'a>) -> Result<Self, Unreadable>;
}

impl Item<'_> for u64 {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Unreadable> {
        reader.unsigned()
    }
}

impl Item<'_> for i64 {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Unreadable> {
        reader.signed()
    }
}

impl<'a> Item<'a> for &'a str {
    fn read(reader: &mut Reader<'a>) -> Result<Self, Unreadable> {
        reader.text()
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Run {
    Start,
    Nulls,
    Same,
    Literal,
}

/// A column of runs: of one value, of different values, of nulls. A column of nulls alone is empty.
#[derive(Debug, Clone)]
pub(crate) struct Runs<'a, T> {
    reader: Reader<'a>,
    empty: bool,
    run: Run,
    /// Of the run that is open.
    left: u64,
    last: Option<T>,
}

impl<'a, T: Item<'a>> Runs<'a, T> {
    pub(crate) fn of(reader: Reader<'a>) -> Self {
        Self {
            reader,
            empty: reader.is_empty(),
            run: Run::Start,
            left: 0,
            last: None,
        }
    }

    pub(crate) fn is_done(&self) -> bool {
        self.left == 0 && self.reader.is_empty()
    }

    pub(crate) fn next(&mut self) -> Result<Option<T>, Unreadable> {
        if self.empty {
            return Ok(None);
        }
        if self.left == 0 {
            self.open()?;
        }
        self.left -= 1;
        if self.run == Run::Literal {
            let value = T::read(&mut self.reader)?;
            if self.last == Some(value) {
                return Err(Unreadable::NotAChange);
            }
            self.last = Some(value);
        }
        Ok(self.last)
    }

    /// One that must be there.
    pub(crate) fn one(&mut self) -> Result<T, Unreadable> {
        self.next()?.ok_or(Unreadable::NotAChange)
    }

    fn open(&mut self) -> Result<(), Unreadable> {
        let run = self.reader.signed()?;
        let known = match run {
            0 => {
                self.left = self.reader.unsigned()?;
                self.last = None;
                let alone = self.run == Run::Start && self.reader.is_empty();
                let again = self.run == Run::Nulls || alone;
                self.run = Run::Nulls;
                !again && self.left > 0
            }
            1.. => {
                self.left = run.unsigned_abs();
                let value = Some(T::read(&mut self.reader)?);
                let again = self.last == value;
                self.last = value;
                self.run = Run::Same;
                !again && self.left > 1
            }
            _ => {
                self.left = run.unsigned_abs();
                let again = self.run == Run::Literal;
                self.run = Run::Literal;
                !again
            }
        };
        if known {
            Ok(())
        } else {
            Err(Unreadable::NotAChange)
        }
    }
}

/// Numbers by their differences. None of them is negative.
#[derive(Debug, Clone)]
pub(crate) struct Differences<'a> {
    runs: Runs<'a, i64>,
    last: i64,
}

impl<'a> Differences<'a> {
    pub(crate) fn of(reader: Reader<'a>) -> Self {
        Self {
            runs: Runs::of(reader),
            last: 0,
        }
    }

    pub(crate) fn is_done(&self) -> bool {
        self.runs.is_done()
    }

    pub(crate) fn next(&mut self) -> Result<Option<u64>, Unreadable> {
        let Some(difference) = self.runs.next()? else {
            return Ok(None);
        };
        let next = self.last.checked_add(difference);
        self.last = next.ok_or(Unreadable::NotAChange)?;
        let number = u64::try_from(self.last).map_err(|_| Unreadable::NotAChange)?;
        Ok(Some(number))
    }

    /// One that must be there.
    pub(crate) fn one(&mut self) -> Result<u64, Unreadable> {
        self.next()?.ok_or(Unreadable::NotAChange)
    }
}

/// Counts of false and true by turns.
#[derive(Debug, Clone)]
pub(crate) struct Booleans<'a> {
    reader: Reader<'a>,
    empty: bool,
    begun: bool,
    value: bool,
    left: u64,
}

impl<'a> Booleans<'a> {
    pub(crate) fn of(reader: Reader<'a>) -> Self {
        Self {
            reader,
            empty: reader.is_empty(),
            begun: false,
            value: true,
            left: 0,
        }
    }

    pub(crate) fn is_done(&self) -> bool {
        self.left == 0 && self.reader.is_empty()
    }

    pub(crate) fn next(&mut self) -> Result<bool, Unreadable> {
        if self.empty {
            return Ok(false);
        }
        while self.left == 0 {
            self.left = self.reader.unsigned()?;
            if self.left == 0 && self.begun {
                return Err(Unreadable::NotAChange);
            }
            self.begun = true;
            self.value = !self.value;
        }
        self.left -= 1;
        Ok(self.value)
    }
}
