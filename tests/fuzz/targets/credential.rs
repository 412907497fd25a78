//! A credential out of any QR code.
#![no_main]

use libfuzzer_sys::fuzz_target;
use thumbturn_fuzz::property;
use thumbturn_protocol::credential::Credential;

fuzz_target!(|bytes: &[u8]| {
    let Ok(credential) = Credential::from_bytes(bytes) else { return };
    assert_eq!(credential.to_bytes().expect("it was decoded"), bytes);
    let _ = credential.certificate.verify(&property().public());
    let _ = credential.grant.verify(&property().public());
    if let Some(chain) = &credential.share {
        let _ = (chain.verify(), chain.granter.id());
    }
});
