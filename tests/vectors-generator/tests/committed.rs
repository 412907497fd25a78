//! The committed vectors are what the code produces, so that they cannot drift apart.

use std::fs;
use std::path::Path;

#[test]
fn committed_vectors_are_what_the_code_produces() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors");
    for file in thumbturn_vectors::files().unwrap() {
        let committed = fs::read_to_string(folder.join(file.name)).unwrap();
        // Not assert_eq: two files of 50 KB on the terminal help nobody.
        assert!(
            committed == file.content,
            "{} differs: cargo run -p thumbturn-vectors -- --check tests/vectors",
            file.name
        );
    }
}
