//! Several servers on one PostgreSQL, as processes: they are killed, and the database goes away under them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use koffiekar_server::demo;
use koffiekar_sync_core::conversation::Head;
use koffiekar_sync_core::ids::ConversationId;
use koffiekar_sync_core::replica::Budget;
use koffiekar_tests::office::http;
use koffiekar_tests::postgres::Database;
use koffiekar_tests::seed::{Numbers, conversation};
use koffiekar_tests::server::Binary;
use koffiekar_tests::tablet::{SyncError, Tablet};
use tempfile::TempDir;

use super::kills::work;
use super::watch::{QUOTES, Watcher, acknowledged, assert_kept, ready};

/// Servers on one database. Each has a folder of its own; the key file is everybody's.
struct Servers {
    database: Database,
    places: Vec<(TempDir, u16)>,
    running: Vec<Option<Binary>>,
}

impl Servers {
    async fn start(count: usize) -> Servers {
        let database = Database::on_its_own().await;
        Binary::lay_out_empty_demo_at(&database.address(), database.folder.path()).await;
        let mut servers = Servers {
            database,
            places: Vec::new(),
            running: Vec::new(),
        };
        for number in 0..count {
            servers.places.push((tempfile::tempdir().unwrap(), 0));
            servers.running.push(None);
            servers.begin(number).await;
            servers.places[number].1 = servers.running[number].as_ref().unwrap().port;
        }
        servers
    }

    async fn begin(&mut self, number: usize) {
        let (data, port) = &self.places[number];
        let command = Binary::serve_on(&self.database, data.path(), *port);
        self.running[number] = Some(Binary::launch(command).await.unwrap());
    }

    /// `kill -9`
    async fn kill(&mut self, number: usize) {
        let mut server = self.running[number].take().unwrap();
        server.kill().await;
        no_fault_of_its_own(&server);
    }

    /// As long as it is not killed it answers there, and afterwards again.
    fn url(&self, number: usize) -> String {
        format!("http://localhost:{}", self.places[number].1)
    }
}

/// Whatever happened to its database, no request was answered as if the server itself were wrong.
fn no_fault_of_its_own(server: &Binary) {
    let log = server.log();
    let faults = log.iter().filter(|line| line.contains("status=500"));
    assert_eq!(faults.collect::<Vec<_>>(), Vec::<&String>::new());
}

#[tokio::test]
async fn servers_say_that_their_database_is_away_and_go_on_by_themselves_when_it_is_back() {
    let servers = Servers::start(2).await;
    let [one, two] = [servers.url(0), servers.url(1)];
    let mut watcher = Watcher::enrol(&one).await;
    let mut tablet = Tablet::enrol(&one, "veldwerker1").await;
    let mut numbers = Numbers(3);
    let mut recorded = BTreeSet::new();
    for _ in 0..2 {
        let user = tablet.replica.identity().user;
        for _ in 0..5 {
            let new = conversation(&mut numbers, user, tablet.now(), QUOTES);
            recorded.insert(tablet.record(demo::round("buurtronde-2026"), &new));
        }
        servers.database.cut_off().await;
        let refused = tablet.sync().await;
        let Err(SyncError::Refused(problem)) = refused else {
            panic!("{refused:?}")
        };
        assert_eq!(
            (problem.status, problem.code()),
            (503, "storage-unavailable")
        );
        assert_eq!(tablet.replica.waiting(), 5);
        tokio::join!(says_that_it_is_away(&one), says_that_it_is_away(&two));
        servers.database.begin_again().await;
        for url in [&one, &two] {
            assert_eq!(ready(url).await.0, 200);
        }
        tablet.url.clone_from(&one);
        tablet.sync().await.unwrap();
        assert_eq!(tablet.replica.waiting(), 0);
        let there = watcher.everything(&two).await;
        assert!(there.keys().eq(&recorded));
        assert_kept(&acknowledged(&tablet), &there);
    }
    for server in servers.running.iter().flatten() {
        no_fault_of_its_own(server);
    }
}

async fn says_that_it_is_away(url: &str) {
    let asked = http().get(format!("{url}/readyz")).send().await.unwrap();
    assert_eq!(asked.status(), 503);
    assert!(asked.headers().contains_key("retry-after"));
    // It may be known at once, or not within the second that a balancer is let wait.
    let said = asked.text().await.unwrap();
    let away = ["storage-unavailable", "slow-database"];
    assert!(away.iter().any(|code| said.contains(code)), "{said}");
}

const SEED: u64 = 20_261_125;
/// What everybody works in who has a tablet here.
const ROUNDS: [&str; 2] = ["buurtronde-2026", "openhuis-2026"];
const SERVERS: usize = 3;
const TABLETS: usize = 6;
const STEPS: usize = 20;
/// Exchanges of each tablet in a step, each with any of the servers.
const EXCHANGES: usize = 5;

/// What happens to servers and database while tablets are busy.
#[derive(Debug, Clone, Copy)]
enum Blow {
    Nothing,
    /// It is started again at once, or when the tablets are done.
    Kill {
        server: usize,
        again_at_once: bool,
    },
    CutOff {
        again_at_once: bool,
    },
}

fn blow(numbers: &mut Numbers) -> Blow {
    let again_at_once = numbers.below(2) == 0;
    match numbers.below(6) {
        0 => Blow::Nothing,
        1 | 2 => Blow::CutOff { again_at_once },
        _ => Blow::Kill {
            server: numbers.below(SERVERS),
            again_at_once,
        },
    }
}

#[tokio::test]
async fn a_fleet_loses_nothing_and_agrees_whatever_happens_to_servers_and_database() {
    eprintln!("seed {SEED}");
    let mut numbers = Numbers(SEED);
    let mut servers = Servers::start(SERVERS).await;
    let mut watcher = Watcher::enrol(&servers.url(0)).await;
    let mut tablets = Vec::new();
    for number in 0..TABLETS {
        let login = ["veldwerker1", "redacteur1", "veldwerker2"][number % 3];
        let mut tablet = Tablet::enrol(&servers.url(number % SERVERS), login).await;
        tablet.budget = Budget {
            documents: 3,
            ..Budget::default()
        };
        tablets.push(tablet);
    }
    let urls: Vec<String> = (0..SERVERS).map(|number| servers.url(number)).collect();
    let mut recorded: BTreeSet<ConversationId> = BTreeSet::new();
    let mut answered = 0;

    for _ in 0..STEPS {
        let mut busy = Vec::new();
        for mut tablet in tablets.drain(..) {
            recorded.extend(work(&mut tablet, &mut numbers, &ROUNDS));
            let path: Vec<String> = (0..EXCHANGES)
                .map(|_| numbers.pick(&urls).clone())
                .collect();
            busy.push(tokio::spawn(async move {
                let mut exchanged = Vec::new();
                for url in path {
                    tablet.url = url;
                    exchanged.push(tablet.exchange().await.map(drop));
                    // Where one server is away it tries another; told to try later it does.
                    if let Some(Err(SyncError::Refused(_))) = exchanged.last() {
                        break;
                    }
                }
                (tablet, exchanged)
            }));
        }
        // Somewhere between the first byte sent and long after the last answer.
        let moment = Duration::from_micros(numbers.below(150_000) as u64);
        tokio::time::sleep(moment).await;
        let blow = blow(&mut numbers);
        match blow {
            Blow::Nothing => {}
            Blow::Kill { server, .. } => servers.kill(server).await,
            Blow::CutOff { .. } => servers.database.cut_off().await,
        }
        let mut mend = async || match blow {
            Blow::Nothing => {}
            Blow::Kill { server, .. } => servers.begin(server).await,
            Blow::CutOff { .. } => servers.database.begin_again().await,
        };
        let at_once = matches!(
            blow,
            Blow::Kill {
                again_at_once: true,
                ..
            } | Blow::CutOff {
                again_at_once: true
            }
        );
        if at_once {
            mend().await;
        }
        for busy in busy {
            let (tablet, exchanged) = busy.await.unwrap();
            for exchanged in exchanged {
                match exchanged {
                    Ok(()) => answered += 1,
                    Err(SyncError::NoAnswer(_)) => {}
                    Err(SyncError::Refused(problem)) => {
                        assert_eq!(problem.status, 503, "{problem:?}")
                    }
                }
            }
            tablets.push(tablet);
        }
        if !at_once {
            mend().await;
        }
        // A tablet too may die now: what it kept must be enough.
        let dying = numbers.below(2 * TABLETS);
        if let Some(tablet) = tablets.get_mut(dying) {
            tablet.restart();
        }
        let there = watcher.everything(&urls[numbers.below(SERVERS)]).await;
        for tablet in &tablets {
            assert_kept(&acknowledged(tablet), &there);
        }
        assert!(there.keys().all(|id| recorded.contains(id)));
    }
    eprintln!(
        "{answered} of {} exchanges were answered",
        STEPS * TABLETS * EXCHANGES
    );

    // The first round hands everything in, the second fetches what the others handed in.
    for _ in 0..2 {
        for tablet in &mut tablets {
            tablet.url.clone_from(numbers.pick(&urls));
            tablet.sync().await.unwrap();
            assert_eq!(tablet.replica.waiting(), 0);
        }
    }
    let held = |tablet: &Tablet| -> BTreeMap<ConversationId, Vec<Head>> {
        let ids = tablet.replica.conversations().map(|(id, _)| id);
        ids.map(|id| (id, tablet.heads(id))).collect()
    };
    let first = held(&tablets[0]);
    assert!(first.keys().eq(&recorded));
    for tablet in &tablets {
        assert_eq!(held(tablet), first);
    }
    for url in &urls {
        let there = watcher.everything(url).await;
        let there = there
            .into_iter()
            .map(|(id, document)| (id, document.heads()));
        assert_eq!(there.collect::<BTreeMap<_, _>>(), first);
    }
    for server in servers.running.iter().flatten() {
        no_fault_of_its_own(server);
    }
}
