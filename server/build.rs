//! The app is embedded: a new bundle makes a new server.

fn main() {
    println!("cargo::rerun-if-changed=../app/dist");
}
