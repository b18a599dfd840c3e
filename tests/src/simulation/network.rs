//! Messages on their way. They wait here until the scheduler lets one arrive, or loses it.

use koffiekar_sync_core::office::Problem;

use super::gone::Said;
use super::model::View;

pub struct Parcel {
    pub number: u32,
    /// Whose it is: an index into the tablets.
    pub tablet: usize,
    /// What the model says a request carries.
    pub carried: View,
    pub content: Content,
}

pub enum Content {
    Asked(Vec<u8>),
    Answered(Reply),
}

#[derive(Clone)]
pub enum Reply {
    Answer {
        bytes: Vec<u8>,
        /// What the model says it brings.
        brought: View,
        said: Said,
    },
    Refused(Problem),
}

/// More than this are not under way at once: the oldest is lost.
const MOST: usize = 12;

#[derive(Default)]
pub struct Network {
    parcels: Vec<Parcel>,
    sent: u32,
}

impl Network {
    pub fn send(&mut self, tablet: usize, carried: View, content: Content) -> u32 {
        self.sent += 1;
        if self.parcels.len() == MOST {
            self.parcels.remove(0);
        }
        self.parcels.push(Parcel {
            number: self.sent,
            tablet,
            carried,
            content,
        });
        self.sent
    }

    pub fn is_empty(&self) -> bool {
        self.parcels.is_empty()
    }

    /// Takes one out; `dice` chooses which, so that they overtake each other.
    pub fn take(&mut self, dice: usize) -> Option<Parcel> {
        let count = self.parcels.len();
        (count > 0).then(|| self.parcels.remove(dice % count))
    }

    /// A request arrives and stays under way as well: it will arrive again.
    pub fn peek_request(&self, dice: usize) -> Option<&Parcel> {
        let requests = || {
            let parcels = self.parcels.iter();
            parcels.filter(|parcel| matches!(parcel.content, Content::Asked(_)))
        };
        let count = requests().count();
        (count > 0).then(|| requests().nth(dice % count))?
    }

    pub fn lose_all(&mut self) {
        self.parcels.clear();
    }
}
