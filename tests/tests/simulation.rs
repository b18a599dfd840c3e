//! Whatever happens between tablets and the server, in any order: see `koffiekar_tests::simulation`.

use koffiekar_tests::simulation::plan::Plan;
use koffiekar_tests::simulation::{kept, run, shortened, simulate, told};

const SEEDS: u64 = 250;

#[test]
fn what_went_wrong_once_does_not_go_wrong_again() {
    for (line, plan) in kept::kept() {
        assert_eq!(kept::line(&plan), line);
        if run(&plan).failure.is_some() {
            panic!("{}", shortened(&plan));
        }
    }
}

#[test]
fn nothing_is_lost_doubled_or_shown_whatever_goes_wrong_on_the_way() {
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let simulated = simulate(0, SEEDS, threads);
    if let Some((seed, _)) = simulated.failures.first() {
        panic!("{:#?}\n{}", simulated.failures, told(*seed));
    }
    assert_eq!(simulated.runs, SEEDS);
    assert_eq!(
        simulated.logged, None,
        "somebody's words in the server's log"
    );
}

#[test]
fn the_same_seed_gives_the_same_run_byte_for_byte() {
    for seed in [3, 14, 159] {
        let (one, other) = (run(&Plan::of(seed)), run(&Plan::of(seed)));
        assert_eq!(one.story, other.story);
        assert_eq!(one.hash, other.hash, "seed {seed}");
    }
}
