//! What an engine says, by what can be done about it.

use koffiekar_server::store::Trouble;
use koffiekar_server::store::trouble::of_code;

#[test]
fn what_a_database_says_is_told_by_what_can_be_done_about_it() {
    for (code, trouble) in [
        ("5", Some(Trouble::Busy)),
        ("517", Some(Trouble::Busy)),
        ("40P01", Some(Trouble::Busy)),
        ("40001", Some(Trouble::Busy)),
        ("57014", Some(Trouble::Busy)),
        ("53300", Some(Trouble::Busy)),
        ("57P01", Some(Trouble::Unavailable)),
        ("57P03", Some(Trouble::Unavailable)),
        ("58P01", Some(Trouble::Unavailable)),
        ("3D000", Some(Trouble::Unavailable)),
        ("13", Some(Trouble::Full)),
        ("4874", Some(Trouble::Full)),
        ("53100", Some(Trouble::Full)),
        ("8", Some(Trouble::Unavailable)),
        ("1544", Some(Trouble::Unavailable)),
        ("778", Some(Trouble::Unavailable)),
        ("14", Some(Trouble::Unavailable)),
        ("26", Some(Trouble::Unavailable)),
        ("25006", Some(Trouble::Unavailable)),
        ("08006", Some(Trouble::Unavailable)),
        ("2067", None),
        ("23505", None),
    ] {
        assert_eq!(of_code(code), trouble, "{code}");
    }
}
