//! The scheduler: everything there is in one run, and one event after the other.

use std::collections::BTreeMap;

use koffiekar_server::Clock;
use koffiekar_sync_core::clock::{Reading, TOLERANCE_MS};
use koffiekar_sync_core::ids::Millis;
use koffiekar_sync_core::replica::{Budget, Identity};
use koffiekar_sync_core::wire::Epoch;

use super::host::{self, Backup, Host, START, TABLETS_EACH};
use super::model::{Model, Truth};
use super::network::Network;
use super::plan::{Event, Plan, What};
use super::story::Story;
use super::tablet::{Memory, Tablet};
use crate::seed::Numbers;

pub struct World {
    pub host: Host,
    pub clock: Clock,
    pub tablets: Vec<Tablet>,
    pub network: Network,
    pub model: Model,
    pub story: Story,
    pub people: usize,
    pub rounds: usize,
    /// Copies of the database, with what the model knew then.
    pub backups: Vec<(Backup, Truth)>,
    /// One of them was put back: what came after it and is on no tablet is gone.
    pub put_back: bool,
    /// Of the database that answers; missing until it did.
    pub epoch: Option<Epoch>,
    /// How many requests the server answered.
    pub requests: u64,
}

/// Nothing grows beyond what a minute holds a thousand times.
pub const MOST_TABLETS: usize = 8;

/// What is wrong, in words.
pub type Checked<T = ()> = Result<T, String>;

impl World {
    pub async fn new(plan: &Plan) -> World {
        let clock = Clock::held(START);
        let host = Host::start(plan.seed, clock.clone()).await;
        let mut numbers = Numbers(plan.seed ^ 0x5eed);
        let mut model = Model::default();
        let mut tablets = Vec::new();
        let receipt_key = host.koffiekar.receipts.last().verifying_key().to_bytes();
        let mut members = Vec::new();
        for person in 0..plan.people {
            let mut rounds: Vec<_> = (0..plan.rounds).map(host::round).collect();
            // Everybody begins with one round at least; the first is common to most.
            rounds.retain(|round| *round == host::round(0) || numbers.below(2) == 0);
            if rounds.len() > 1 && numbers.below(4) == 0 {
                rounds.remove(0);
            }
            let count = 1 + usize::from(numbers.below(4) == 0);
            for tablet in 0..count.min(TABLETS_EACH) {
                let device = host::device(person, tablet);
                let identity = Identity {
                    device,
                    user: host::person(person),
                    seed: host::device_seed(device),
                    receipt_key,
                };
                let mut tablet = Tablet::new(person, identity, rounds.clone());
                if plan.small_parcels {
                    tablet.budget = Budget {
                        documents: 1 + numbers.below(3),
                        push_bytes: 200 + numbers.below(2_000),
                        feed_bytes: 200 + u32::try_from(numbers.below(4_000)).unwrap(),
                    };
                }
                tablets.push(tablet);
            }
            for tablet in 0..TABLETS_EACH {
                let device = host::device(person, tablet);
                model.truth.devices.insert(device, person);
            }
            model.truth.members.push(rounds.iter().copied().collect());
            model.may_know.push(Default::default());
            members.push(rounds);
        }
        host.set_members(&members).await;
        World {
            host,
            clock,
            tablets,
            network: Network::default(),
            model,
            story: Story::new(),
            people: plan.people,
            rounds: plan.rounds,
            backups: Vec::new(),
            put_back: false,
            epoch: None,
            requests: 0,
        }
    }

    pub async fn happen(&mut self, event: &Event) -> Checked {
        let mut dice = Numbers(event.dice);
        self.pass(200 + dice.below(20_000) as i64);
        let Event { number, what, .. } = *event;
        match what {
            What::Record => self.record(number, &mut dice),
            What::Edit => self.edit(number, &mut dice),
            What::OpenNotes => self.open_notes(&mut dice),
            What::Retry => self.retry(&mut dice),
            What::Sync => self.sync_one(&mut dice).await,
            What::Exchange => {
                let tablet = self.any_tablet(&mut dice);
                self.exchange(tablet, &mut dice).await.map(drop)
            }
            What::Ask => self.send(&mut dice),
            What::Arrive => self.arrive(&mut dice).await,
            What::Lose => self.lose(&mut dice),
            What::Double => self.double(&mut dice).await,
            What::CutRequest => self.cut_request(&mut dice).await,
            What::CutAnswer => self.cut_answer(&mut dice).await,
            What::Forge => self.forge(&mut dice),
            What::Crash => self.crash(&mut dice),
            What::CopyDisk => self.copy_disk(&mut dice),
            What::PutBackDisk => self.put_back_disk(&mut dice),
            What::Clone => self.clone_tablet(&mut dice),
            What::Freeze => self.freeze(&mut dice),
            What::Thaw => self.thaw(&mut dice),
            What::SecondTab => self.second_tab(&mut dice),
            What::MoveClock => self.move_clock(&mut dice),
            What::Tag => self.tag(&mut dice).await,
            What::Settle => self.settle_wording(&mut dice).await,
            What::Learn => self.learn().await,
            What::Join => self.join(&mut dice).await,
            What::Leave => self.leave(&mut dice).await,
            What::Close => self.set_closed(&mut dice, true).await,
            What::Reopen => self.set_closed(&mut dice, false).await,
            What::Revoke => self.revoke(&mut dice).await,
            What::Disable => self.set_disabled(&mut dice, true).await,
            What::Enable => self.set_disabled(&mut dice, false).await,
            What::SignInAgain => self.sign_in_again(&mut dice).await,
            What::Accept => self.decide_held(&mut dice, true).await,
            What::TurnDown => self.decide_held(&mut dice, false).await,
            What::Move => self.move_to(&mut dice).await,
            What::Erase => self.erase(&mut dice).await,
            What::EraseQuote => self.erase_quote(&mut dice).await,
            What::Restart => self.restart().await,
            What::BackUp => self.back_up(),
            What::PutBack => self.put_back(&mut dice).await,
            What::RenewKey => self.renew_key().await,
            What::Wait => {
                const SPANS: [i64; 4] = [60, 15 * 60, 3 * 3_600, 2 * 86_400];
                let span = *dice.pick(&SPANS);
                self.tell(format!("{span} seconds pass"));
                self.pass(span * Millis::SECOND);
                Ok(())
            }
        }
    }

    pub fn pass(&mut self, millis: i64) {
        self.clock.advance(millis);
    }

    pub fn tell(&mut self, line: String) {
        self.story.tell(line);
    }

    /// What the tablet's clocks say. One of a tablet whose app is closed begins with its next opening.
    pub fn reading_on(&self, tablet: usize) -> Reading {
        let (now, tablet) = (self.clock.now(), &self.tablets[tablet]);
        let is_open = tablet.memory.is_some();
        let running_ms = if is_open {
            now.0 - tablet.opened_at.0
        } else {
            0
        };
        Reading {
            wall: now.plus(tablet.clock_error_ms),
            running_ms: Some(running_ms),
        }
    }

    pub fn any_tablet(&self, dice: &mut Numbers) -> usize {
        dice.below(self.tablets.len())
    }

    /// The memory of this tablet, after it carried out what its last call left; opened where the app
    /// was closed.
    pub fn awake(&mut self, tablet: usize, dice: &mut Numbers) -> Checked<&mut Memory> {
        let now = self.clock.now();
        let tablet = &mut self.tablets[tablet];
        tablet.write();
        tablet.open(dice.bytes(), now)
    }

    fn retry(&mut self, dice: &mut Numbers) -> Checked {
        let tablet = self.any_tablet(dice);
        self.awake(tablet, dice)?.replica.retry_refused();
        self.tell(format!("T{tablet} tries again by hand"));
        Ok(())
    }

    fn crash(&mut self, dice: &mut Numbers) -> Checked {
        // Mostly where it hurts: between a call and its effects.
        let unwritten = |tablet: &Tablet| {
            let memory = tablet.memory.as_ref();
            memory.is_some_and(|memory| !memory.unwritten.is_empty())
        };
        let hurting: Vec<usize> = (0..self.tablets.len())
            .filter(|at| unwritten(&self.tablets[*at]))
            .collect();
        let tablet = match dice.below(4) {
            0 => self.any_tablet(dice),
            _ if hurting.is_empty() => self.any_tablet(dice),
            _ => *dice.pick(&hurting),
        };
        let lost = unwritten(&self.tablets[tablet]);
        self.tablets[tablet].crash();
        let with = if lost {
            " before it wrote its last effects"
        } else {
            ""
        };
        self.tell(format!("T{tablet} crashes{with}"));
        if std::mem::take(&mut self.tablets[tablet].waiting_tab) {
            self.tell(format!("T{tablet}'s second tab takes over"));
            self.awake(tablet, dice)?;
        }
        self.check_disk(tablet, dice)
    }

    /// It gets the lock when the first tab ends, and reads the disk then, not before.
    fn second_tab(&mut self, dice: &mut Numbers) -> Checked {
        let tablet = self.any_tablet(dice);
        self.tablets[tablet].waiting_tab = true;
        self.tell(format!("T{tablet} has a second tab that waits"));
        Ok(())
    }

    fn copy_disk(&mut self, dice: &mut Numbers) -> Checked {
        let tablet = self.any_tablet(dice);
        self.tablets[tablet].backup = Some(self.tablets[tablet].disk.clone());
        self.tell(format!("somebody copies the disk of T{tablet}"));
        Ok(())
    }

    /// What was written since the copy is gone with the disk.
    fn put_back_disk(&mut self, dice: &mut Numbers) -> Checked {
        let tablet = self.any_tablet(dice);
        let Some(disk) = self.tablets[tablet].backup.clone() else {
            return Ok(());
        };
        self.tablets[tablet].crash();
        self.tablets[tablet].disk = disk;
        self.tell(format!("T{tablet} gets the copy of its disk back"));
        self.check_disk(tablet, dice)
    }

    fn clone_tablet(&mut self, dice: &mut Numbers) -> Checked {
        if self.tablets.len() >= MOST_TABLETS {
            return Ok(());
        }
        let tablet = self.any_tablet(dice);
        let original = &self.tablets[tablet];
        let disk = match &original.backup {
            Some(backup) if dice.below(2) == 0 => backup.clone(),
            _ => original.disk.clone(),
        };
        let clone = original.cloned(disk);
        self.tablets.push(clone);
        let number = self.tablets.len() - 1;
        self.tell(format!(
            "T{number} starts from a copy of the disk of T{tablet}"
        ));
        self.check_disk(number, dice)
    }

    /// The whole machine is copied, with the app that runs on it.
    fn freeze(&mut self, dice: &mut Numbers) -> Checked {
        let tablet = self.any_tablet(dice);
        let session = self.awake(tablet, dice)?.session;
        let disk = self.tablets[tablet].disk.clone();
        self.tablets[tablet].frozen = Some((disk, session));
        self.tell(format!("T{tablet} is copied as it runs"));
        Ok(())
    }

    /// The copy goes on where it was: under the name that already wrote other things since.
    fn thaw(&mut self, dice: &mut Numbers) -> Checked {
        let tablet = self.any_tablet(dice);
        let Some((disk, session)) = self.tablets[tablet].frozen.clone() else {
            return Ok(());
        };
        self.tablets[tablet].crash();
        self.tablets[tablet].disk = disk;
        let now = self.clock.now();
        self.tablets[tablet].open(session, now)?;
        self.tell(format!("T{tablet} goes on from where it was copied"));
        self.check_all_of(tablet)
    }

    fn move_clock(&mut self, dice: &mut Numbers) -> Checked {
        const MOVES: [i64; 6] = [-86_400, -7_200, -30, 45, 3_600, 3 * 86_400];
        let tablet = self.any_tablet(dice);
        let moved_ms = *dice.pick(&MOVES) * Millis::SECOND;
        self.look_at_clock(tablet);
        self.tablets[tablet].clock_error_ms += moved_ms;
        self.look_at_clock(tablet);
        if let Some(memory) = &mut self.tablets[tablet].memory {
            memory.set_back |= moved_ms < -TOLERANCE_MS;
        }
        let seconds = moved_ms / Millis::SECOND;
        self.tell(format!("the clock of T{tablet} jumps by {seconds} seconds"));
        Ok(())
    }

    /// As an open app does every few seconds.
    fn look_at_clock(&mut self, tablet: usize) {
        let reading = self.reading_on(tablet);
        let tablet = &mut self.tablets[tablet];
        tablet.write();
        if let Some(memory) = &mut tablet.memory {
            memory.unwritten = memory.replica.look_at_clock(reading, true);
        }
    }

    async fn learn(&mut self) -> Checked {
        self.tell("the tagger learns".to_owned());
        let koffiekar = &self.host.koffiekar;
        let learnt = koffiekar.suggest.learn_now(&koffiekar.store);
        learnt.await.map_err(|error| error.to_string())
    }

    async fn restart(&mut self) -> Checked {
        self.tell("the server starts again".to_owned());
        self.host.restart().await;
        Ok(())
    }

    fn back_up(&mut self) -> Checked {
        let backup = self.host.backup();
        self.backups.push((backup, self.model.truth.clone()));
        let number = self.backups.len() - 1;
        self.tell(format!("the server's backup {number} is made"));
        Ok(())
    }

    async fn put_back(&mut self, dice: &mut Numbers) -> Checked {
        if self.backups.is_empty() {
            return Ok(());
        }
        let number = dice.below(self.backups.len());
        let (backup, truth) = self.backups[number].clone();
        self.tell(format!("the server's backup {number} is put back"));
        self.host.put_back(&backup).await;
        self.model.put_back(truth);
        self.put_back = true;
        self.epoch = None;
        Ok(())
    }

    async fn renew_key(&mut self) -> Checked {
        self.tell("a new key signs receipts".to_owned());
        self.host.renew_key().await;
        Ok(())
    }

    /// Who is who, for a story that is told.
    pub fn cast(&self) -> String {
        let mut rounds: BTreeMap<usize, String> = BTreeMap::new();
        for (person, members) in self.model.truth.members.iter().enumerate() {
            let named: Vec<String> = (0..self.rounds)
                .filter(|round| members.contains(&host::round(*round)))
                .map(|round| format!("R{round}"))
                .collect();
            rounds.insert(person, named.join(" "));
        }
        let tablets = self.tablets.iter().enumerate().map(|(at, tablet)| {
            let person = tablet.person;
            let role = if host::is_editor(person) {
                "editor"
            } else {
                "field worker"
            };
            format!("T{at} of P{person}, {role}, in {}", rounds[&person])
        });
        tablets.collect::<Vec<_>>().join("; ")
    }
}
