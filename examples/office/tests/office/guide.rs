//! The commands of the guide, as it has them.

use crate::program::Program;

const GUIDE: &str = include_str!("../../../../docs/guide/office.md");

#[test]
fn the_commands_of_the_guide_run() {
    let program = Program::in_empty_folder();
    let residents = "first_name,last_name,email,keys\nBen,Moss,ben@example.com,\n";
    std::fs::write(program.folder().join("residents.csv"), residents).unwrap();
    let (mut portfolio, mut root, mut run) = (String::new(), String::new(), 0);
    let blocks = GUIDE.split("```sh\n").skip(1).map(|block| block.split("```").next().unwrap());
    for command in blocks.flat_map(str::lines) {
        let words = words(&command.replace("PORTFOLIO", &portfolio).replace("ROOT", &root));
        let Some(("thumbturn", arguments)) = words.split_first().map(|(first, rest)| (first.as_str(), rest))
        else {
            panic!("{command}");
        };
        let printed = program.run(arguments);
        if let Some((_, named)) = printed.split_once("is portfolio ") {
            named.split(',').next().unwrap().clone_into(&mut portfolio);
        }
        if let Some((public, _)) = printed.split_once(" is the public key") {
            public.clone_into(&mut root);
        }
        run += 1;
    }
    assert!(run > 10, "{run} commands");
}

/// As a shell would cut it, with double quotes only.
fn words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (number, part) in command.split('"').enumerate() {
        if number % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}
