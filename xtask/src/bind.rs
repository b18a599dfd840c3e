//! Gives the compiled app its JavaScript side, with wasm-bindgen as a library.

use std::path::Path;

use anyhow::{Result, ensure};
use wasm_bindgen_cli_support::Bindgen;

pub(crate) struct Bound {
    /// An ES module that leaves `__wbg_init`, which loads and starts the app, and asks for `guarded`, which
    /// `app/static/boot.js` has.
    pub(crate) js: String,
    pub(crate) wasm: Vec<u8>,
}

/// Where the bound code takes what the wasm exports: all that runs in the wasm goes through these.
const EXPORTS: &str = "wasm = instance.exports;";

/// `names` keeps the functions' names, for readable stack traces: a fifth of the compressed size.
pub(crate) fn bind(wasm: &Path, names: bool) -> Result<Bound> {
    let mut output = Bindgen::new()
        .input_path(wasm)
        .out_name("app")
        .web(true)?
        .typescript(false)
        .remove_name_section(!names)
        .remove_producers_section(true)
        .omit_default_module_path(true)
        .generate_output()?;
    // JavaScript that a crate brings along would need its own names, hashes and place in the
    // service worker. Nothing we use has any; whoever adds such a crate must see to it here.
    for (package, snippets) in output.snippets() {
        ensure!(
            snippets.is_empty(),
            "{package} brings inline JavaScript: {snippets:?}"
        );
    }
    ensure!(
        output.local_modules().is_empty(),
        "a crate brings JavaScript files"
    );
    ensure!(
        output.npm_dependencies().is_empty(),
        "a crate brings npm packages"
    );

    let js = output.js();
    ensure!(
        js.contains("function __wbg_init("),
        "wasm-bindgen names its start function differently now"
    );
    ensure!(
        js.matches(EXPORTS).count() == 1,
        "wasm-bindgen takes the exports of the wasm differently now: nothing would notice a failure in it"
    );
    Ok(Bound {
        js: js.replace(EXPORTS, "wasm = guarded(instance.exports);"),
        wasm: output.wasm_mut().emit_wasm(),
    })
}
