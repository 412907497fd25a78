//! The two Noise handshakes, written a second time from Noise revision 34, for the values that a handshake never shows.

use thumbturn_protocol::keys::ExchangeKeyPair;

use crate::error::Error;
use crate::formula;
use crate::json::Fields;

/// What both sides of a handshake put in.
pub(crate) struct Inputs<'a> {
    pub(crate) prologue: &'a [u8],
    pub(crate) initiator_ephemeral: &'a ExchangeKeyPair,
    pub(crate) responder_ephemeral: &'a ExchangeKeyPair,
    pub(crate) first_payload: &'a [u8],
    pub(crate) second_payload: &'a [u8],
}

/// What comes out.
pub(crate) struct Outputs {
    pub(crate) first_message: Vec<u8>,
    pub(crate) second_message: Vec<u8>,
    pub(crate) handshake_hash: [u8; 32],
    pub(crate) keys: ([u8; 32], [u8; 32]),
    /// h and ck on the way.
    pub(crate) steps: Fields,
}

/// `Noise_IK_25519_AESGCM_SHA256` (spec §5).
pub(crate) fn ik(
    phone: &ExchangeKeyPair,
    door: &ExchangeKeyPair,
    inputs: &Inputs<'_>,
) -> Result<Outputs, Error> {
    let mut state = State::new("Noise_IK_25519_AESGCM_SHA256");
    let (phone_ephemeral, door_ephemeral) = (inputs.initiator_ephemeral, inputs.responder_ephemeral);
    state.mix_hash(inputs.prologue);
    let steps = Fields::new().with("h_after_prologue", state.h);
    state.mix_hash(&door.public().0);
    let steps = steps.with("h_after_pre_message", state.h);

    let mut first = phone_ephemeral.public().0.to_vec();
    state.mix_hash(&phone_ephemeral.public().0);
    state.mix_key(&dh(phone_ephemeral, door))?;
    first.extend(state.encrypt(&phone.public().0)?);
    state.mix_key(&dh(phone, door))?;
    first.extend(state.encrypt(inputs.first_payload)?);
    let steps = steps.with("h_after_message_1", state.h).with("ck_after_message_1", state.ck);

    let mut second = door_ephemeral.public().0.to_vec();
    state.mix_hash(&door_ephemeral.public().0);
    state.mix_key(&dh(door_ephemeral, phone_ephemeral))?;
    state.mix_key(&dh(door_ephemeral, phone))?;
    second.extend(state.encrypt(inputs.second_payload)?);
    state.finish(first, second, steps)
}

/// `Noise_NNpsk0_25519_AESGCM_SHA256` (spec §9).
pub(crate) fn nnpsk0(psk: &[u8; 32], inputs: &Inputs<'_>) -> Result<Outputs, Error> {
    let mut state = State::new("Noise_NNpsk0_25519_AESGCM_SHA256");
    let (claimer, door) = (inputs.initiator_ephemeral, inputs.responder_ephemeral);
    state.mix_hash(inputs.prologue);
    let steps = Fields::new().with("h_after_prologue", state.h);

    state.mix_key_and_hash(psk)?;
    let mut first = claimer.public().0.to_vec();
    state.mix_ephemeral(claimer)?;
    first.extend(state.encrypt(inputs.first_payload)?);
    let steps = steps.with("h_after_message_1", state.h).with("ck_after_message_1", state.ck);

    let mut second = door.public().0.to_vec();
    state.mix_ephemeral(door)?;
    state.mix_key(&dh(door, claimer))?;
    second.extend(state.encrypt(inputs.second_payload)?);
    state.finish(first, second, steps)
}

fn dh(own: &ExchangeKeyPair, other: &ExchangeKeyPair) -> [u8; 32] {
    formula::x25519(own.secret(), &other.public().0)
}

/// Noise's symmetric state.
struct State {
    h: [u8; 32],
    ck: [u8; 32],
    key: [u8; 32],
    nonce: u64,
}

impl State {
    fn new(protocol: &str) -> Self {
        // Names of at most 32 bytes are padded with zeros (Noise §5.2).
        let name = protocol.as_bytes();
        let h = if name.len() <= 32 {
            let mut padded = [0; 32];
            for (to, from) in padded.iter_mut().zip(name) {
                *to = *from;
            }
            padded
        } else {
            formula::sha256(name)
        };
        Self { h, ck: h, key: [0; 32], nonce: 0 }
    }

    fn mix_hash(&mut self, data: &[u8]) {
        self.h = formula::sha256(&[self.h.as_slice(), data].concat());
    }

    fn mix_key(&mut self, material: &[u8]) -> Result<(), Error> {
        let [ck, key, _] = hkdf(&self.ck, material)?;
        (self.ck, self.key, self.nonce) = (ck, key, 0);
        Ok(())
    }

    fn mix_key_and_hash(&mut self, material: &[u8]) -> Result<(), Error> {
        let [ck, hash, key] = hkdf(&self.ck, material)?;
        self.ck = ck;
        self.mix_hash(&hash);
        (self.key, self.nonce) = (key, 0);
        Ok(())
    }

    /// An `e` token in a handshake with a pre-shared key (Noise §9.2).
    fn mix_ephemeral(&mut self, pair: &ExchangeKeyPair) -> Result<(), Error> {
        self.mix_hash(&pair.public().0);
        self.mix_key(&pair.public().0)
    }

    fn encrypt(&mut self, plaintext: &[u8]) -> Result<Vec<u8>, Error> {
        let [a, b, c, d, e, f, g, h] = self.nonce.to_be_bytes();
        let nonce = [0, 0, 0, 0, a, b, c, d, e, f, g, h];
        let ciphertext = formula::seal(&self.key, &nonce, &self.h, plaintext)?;
        self.nonce += 1;
        self.mix_hash(&ciphertext);
        Ok(ciphertext)
    }

    fn finish(
        self,
        first_message: Vec<u8>,
        second_message: Vec<u8>,
        steps: Fields,
    ) -> Result<Outputs, Error> {
        let [k1, k2, _] = hkdf(&self.ck, &[])?;
        let steps = steps.with("h", self.h).with("ck", self.ck).with("k1", k1).with("k2", k2);
        Ok(Outputs { first_message, second_message, handshake_hash: self.h, keys: (k1, k2), steps })
    }
}

/// Three outputs of Noise's HKDF (Noise §4.3).
fn hkdf(chaining_key: &[u8; 32], material: &[u8]) -> Result<[[u8; 32]; 3], Error> {
    let temporary = formula::hmac(chaining_key, material)?;
    let one = formula::hmac(&temporary, &[1])?;
    let two = formula::hmac(&temporary, &[one.as_slice(), &[2]].concat())?;
    let three = formula::hmac(&temporary, &[two.as_slice(), &[3]].concat())?;
    Ok([one, two, three])
}
