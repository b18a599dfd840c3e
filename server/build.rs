//! Embeds the app again when it was built again.

use std::path::Path;

fn main() {
    // A path that does not exist would make cargo run this every time; the folder above changes
    // when `cargo xtask app` makes it.
    let built = Path::new("../app/dist/assets.json").exists();
    println!(
        "cargo::rerun-if-changed={}",
        if built { "../app/dist" } else { "../app" }
    );
}
