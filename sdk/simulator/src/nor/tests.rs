use super::*;

fn read(flash: &mut NorFlash, address: usize, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    flash.read(address, &mut bytes).unwrap();
    bytes
}

#[test]
fn programming_only_clears_bits() {
    let mut flash = NorFlash::new(1);
    flash.program(8, &[0xf0, 0xff, 0x0f, 0x55]).unwrap();
    assert_eq!(flash.usage().conflicts, 0);
    flash.program(8, &[0x33, 0x00, 0xff, 0xff]).unwrap();
    assert_eq!(read(&mut flash, 8, 4), [0x30, 0x00, 0x0f, 0x55]);
    assert_eq!((flash.usage().appends, flash.usage().overwrites, flash.usage().conflicts), (1, 1, 1));
}

#[test]
fn erasing_sets_one_block_and_wears_it() {
    let mut flash = NorFlash::new(1);
    flash.program(4092, &[0; 8]).unwrap();
    flash.erase(4096).unwrap();
    assert_eq!(read(&mut flash, 4092, 8), [0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]);
    assert_eq!(flash.wear().iter().sum::<u32>(), 1);
    assert_eq!(flash.wear()[1], 1);
}

#[test]
fn time_is_charged_for_pages_blocks_accesses_and_bytes() {
    let mut flash = NorFlash::new(1);
    flash.program(252, &[0; 8]).unwrap();
    assert_eq!(flash.usage().micros(), 1_400, "two pages are touched");
    flash.erase(0).unwrap();
    assert_eq!(flash.usage().micros(), 46_400);
    read(&mut flash, 0, 1_000);
    assert_eq!(flash.usage().micros(), 46_520);
}

#[test]
fn ranges_and_alignment_are_checked() {
    let mut flash = NorFlash::with_capacity(8192, 1);
    assert_eq!(flash.read(8190, &mut [0; 4]), Err(FlashError::OutOfBounds));
    assert_eq!(flash.program(8192, &[0; 4]), Err(FlashError::OutOfBounds));
    assert_eq!(flash.program(usize::MAX, &[0; 4]), Err(FlashError::OutOfBounds));
    assert_eq!(flash.program(2, &[0; 4]), Err(FlashError::Misaligned));
    assert_eq!(flash.program(0, &[0; 3]), Err(FlashError::Misaligned));
    assert_eq!(flash.erase(256), Err(FlashError::Misaligned));
    assert_eq!(flash.erase(8192), Err(FlashError::OutOfBounds));
}

#[test]
fn after_a_cut_nothing_works_until_power_returns() {
    for (moment, expected) in [(Moment::Before, 0xff), (Moment::After, 0)] {
        let mut flash = NorFlash::new(1);
        flash.cut_power(1, moment);
        flash.program(0, &[0; 4]).unwrap();
        assert_eq!(flash.program(4, &[0; 4]), Err(FlashError::Failed));
        assert_eq!(flash.program(8, &[0; 4]), Err(FlashError::Failed));
        assert_eq!(flash.erase(0), Err(FlashError::Failed));
        assert_eq!(flash.read(0, &mut [0]), Err(FlashError::Failed));
        flash.power_on();
        assert_eq!(read(&mut flash, 0, 12), [[0; 4], [expected; 4], [0xff; 4]].concat(), "{moment:?}");
    }
}

#[test]
fn a_torn_program_leaves_a_prefix() {
    let mut lengths = Vec::new();
    for seed in 0..40 {
        let mut flash = NorFlash::new(seed);
        flash.cut_power(0, Moment::Middle);
        flash.program(0, &[0; 64]).unwrap_err();
        flash.power_on();
        let bytes = read(&mut flash, 0, 64);
        let whole = bytes.iter().take_while(|byte| **byte == 0).count();
        assert!(bytes.iter().skip(whole + 1).all(|byte| *byte == 0xff), "a prefix, and part of one byte");
        lengths.push(whole);
    }
    lengths.sort_unstable();
    lengths.dedup();
    assert!(lengths.len() > 10, "tears fall in many places: {lengths:?}");
}

#[test]
fn a_torn_erase_spares_the_other_blocks_and_repeats_with_its_seed() {
    let torn = |seed| {
        let mut flash = NorFlash::with_capacity(3 * ERASE_BLOCK, seed);
        flash.program(0, &[0; 3 * ERASE_BLOCK]).unwrap();
        flash.cut_power(0, Moment::Middle);
        flash.erase(ERASE_BLOCK).unwrap_err();
        flash.image().to_vec()
    };
    for seed in 0..6 {
        let image = torn(seed);
        assert_eq!(image, torn(seed));
        assert!(image[..ERASE_BLOCK].iter().chain(&image[2 * ERASE_BLOCK..]).all(|byte| *byte == 0));
    }
    assert_ne!(torn(1), torn(2));
}
