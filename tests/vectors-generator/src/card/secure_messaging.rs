//! CommMode.Full (spec §14.10), and a whole reading of a card (spec §14.8).

use thumbturn_protocol::card::{CardKey, CardVersion, DoorClass, Reading};
use thumbturn_protocol::random::{RandomFailed, SecureRandom};

use super::ev2::{Run, SessionKeys, first_run};
use super::formula;
use crate::cast;
use crate::error::{Error, agree};
use crate::json::{Fields, vector};

const CHANGE_FILE_SETTINGS: u8 = 0x5f;
const SETTINGS: [u8; 15] =
    [0x40, 0x00, 0xe0, 0xc1, 0xf1, 0x21, 0x20, 0x00, 0x00, 0x43, 0x00, 0x00, 0x43, 0x00, 0x00];
/// `90 5f 00 00 19`, file 02, 16 sealed bytes, MACt, `00`.
const PUBLISHED_COMMAND: [u8; 31] = [
    0x90, 0x5f, 0x00, 0x00, 0x19, 0x02, 0x61, 0xb6, 0xd9, 0x79, 0x03, 0x56, 0x6e, 0x84, 0xc3, 0xae, 0x52,
    0x74, 0x46, 0x7e, 0x89, 0xea, 0xd7, 0x99, 0xb7, 0xc1, 0xa0, 0xef, 0x7a, 0x04, 0x00,
];
const PUBLISHED_ANSWER: [u8; 10] = [0x57, 0xbf, 0xf8, 0x7b, 0x12, 0x41, 0xe9, 0x3d, 0x91, 0x00];

/// A session, and how many commands it has counted.
struct Session {
    keys: SessionKeys,
    transaction: [u8; 4],
    counter: u16,
}

/// A command and what the card answers.
struct Exchange {
    command: Vec<u8>,
    answer: Vec<u8>,
}

impl Session {
    fn exchange(
        &self,
        instruction: u8,
        header: &[u8],
        data: &[u8],
        answered: &[u8],
    ) -> Result<Exchange, Error> {
        let sealed = self.sealed([0xa5, 0x5a], self.counter, data)?;
        let tag = self.tag(instruction, self.counter, &[header, &sealed]);
        let body = [header, &sealed, &tag].concat();
        let length = u8::try_from(body.len()).map_err(|_| Error::Disagree("a length"))?;
        let command = [[0x90, instruction, 0, 0, length].as_slice(), &body, &[0]].concat();
        let sealed = self.sealed([0x5a, 0xa5], self.counter + 1, answered)?;
        let tag = self.tag(0, self.counter + 1, &[&sealed]);
        Ok(Exchange { command, answer: [sealed.as_slice(), &tag, &[0x91, 0x00]].concat() })
    }

    fn sealed(&self, [a, b]: [u8; 2], counter: u16, data: &[u8]) -> Result<Vec<u8>, Error> {
        if data.is_empty() {
            return Ok(Vec::new());
        }
        let plain = [[a, b].as_slice(), &self.transaction, &counter.to_le_bytes(), &[0; 8]].concat();
        let initial = formula::encrypt_block(&self.keys.encryption, formula::exactly(&plain)?)?;
        formula::encrypt(&self.keys.encryption, initial, &formula::padded(data))
    }

    fn tag(&self, first: u8, counter: u16, rest: &[&[u8]]) -> Vec<u8> {
        let head = [[first].as_slice(), &counter.to_le_bytes(), &self.transaction].concat();
        formula::truncated(formula::cmac(&self.keys.mac, &[head, rest.concat()].concat()))
    }
}

pub(crate) fn vectors() -> Result<Vec<Fields>, Error> {
    Ok(vec![
        published()?,
        reading("a card at a common door", DoorClass::Common)?,
        reading("a card at a residence door", DoorClass::Residence)?,
    ])
}

fn published() -> Result<Fields, Error> {
    let run = first_run();
    let session = Session { keys: run.keys()?, transaction: run.transaction, counter: 1 };
    let Exchange { command, answer } = session.exchange(CHANGE_FILE_SETTINGS, &[0x02], &SETTINGS, &[])?;
    agree(&command.as_slice(), &&PUBLISHED_COMMAND[..], "a published command")?;
    agree(&answer.as_slice(), &&PUBLISHED_ANSWER[..], "a published answer")?;
    Ok(vector("AN12196, ChangeFileSettings", "14.10", "full-exchange-with-card")
        .with("encryption_key", session.keys.encryption)
        .with("mac_key", session.keys.mac)
        .with("transaction", session.transaction)
        .with("counter", u32::from(session.counter))
        .with("instruction", [CHANGE_FILE_SETTINGS])
        .with("header", [0x02])
        .with("data", SETTINGS)
        .with("command", command)
        .with("answer_data", [])
        .with("answer", answer))
}

/// The five exchanges of a door and a card.
fn reading(name: &str, class: DoorClass) -> Result<Fields, Error> {
    let (token, version) = (cast::bytes::<8>("card token"), 7);
    let run = Run {
        key: cast::bytes(&format!("key of {name}")),
        key_number: 1,
        rnd_a: cast::bytes(&format!("RndA of {name}")),
        rnd_b: cast::bytes(&format!("RndB of {name}")),
        transaction: cast::bytes(&format!("TI of {name}")),
    };
    let session = Session { keys: run.keys()?, transaction: run.transaction, counter: 0 };
    let file = [token.as_slice(), &[version]].concat();
    let sealed = session.exchange(0xad, &[2, 0, 0, 0, 9, 0, 0], &[], &file)?;
    let [challenge_command, proof_command] = run.commands()?;
    let commands = [
        [[0x90, 0x5a, 0, 0, 3].as_slice(), &class.application(), &[0]].concat(),
        vec![0x90, 0xad, 0, 0, 7, 1, 0, 0, 0, 8, 0, 0, 0],
        challenge_command,
        proof_command,
        sealed.command,
    ];
    let answers = [
        vec![0x91, 0x00],
        [token.as_slice(), &[0x91, 0x00]].concat(),
        [run.challenge()?.as_slice(), &[0x91, 0xaf]].concat(),
        [run.card_proof()?.as_slice(), &[0x91, 0x00]].concat(),
        sealed.answer,
    ];
    read_by_the_product(class, &run, version, &commands, &answers)?;
    let list = |bytes: [Vec<u8>; 5]| crate::json::Json::List(bytes.into_iter().map(Into::into).collect());
    Ok(vector(name, "14.8", "card-reading")
        .with("application", class.application())
        .with("token", token)
        .with("version", version)
        .with("key", run.key)
        .with("rnd_a", run.rnd_a)
        .with("rnd_b", run.rnd_b)
        .with("transaction", run.transaction)
        .with("commands", list(commands))
        .with("answers", list(answers)))
}

struct Drawn([u8; 16]);

impl SecureRandom for Drawn {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomFailed> {
        bytes.iter_mut().zip(self.0).for_each(|(to, from)| *to = from);
        Ok(())
    }
}

fn read_by_the_product(
    class: DoorClass,
    run: &Run,
    version: u8,
    commands: &[Vec<u8>; 5],
    answers: &[Vec<u8>; 5],
) -> Result<(), Error> {
    let [select, read_token, challenge, proof, read_file] = commands;
    let [selected, token, challenged, proved, file] = answers;
    let said = |command: &thumbturn_protocol::card::Command, expected: &Vec<u8>| {
        agree(&command.as_bytes(), &expected.as_slice(), "a command to a card")
    };
    let (reading, command) = Reading::start(class)?;
    said(&command, select)?;
    let (reading, command) = reading.selected(selected)?;
    said(&command, read_token)?;
    let candidate = reading.token(token)?;
    let key = CardKey::from_bytes(run.key);
    let (reading, command) = candidate.authenticate(&key, CardVersion(version), &mut Drawn(run.rnd_a))?;
    said(&command, challenge)?;
    let (reading, command) = reading.challenged(challenged)?;
    said(&command, proof)?;
    let (reading, command) = reading.confirmed(proved)?;
    said(&command, read_file)?;
    agree(&reading.presented(file)?.version(), &CardVersion(version), "a card's version")
}
