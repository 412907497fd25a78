//! Generates the foreign modules from the built library: `uniffi-bindgen generate LIBRARY --language python --out-dir DIR`.

fn main() {
    uniffi::uniffi_bindgen_main();
}
