//! The door engine on an emulated microcontroller: a Cortex-M4F of QEMU's `mps2-an386`.
//!
//! It is what a lock maker writes ([`run`] is the loop of the guide), on a board without a radio: the pipe of
//! `examples/virtual-radio` is on the first serial port, a [`console`] for figures on the second. `cargo xtask firmware`
//! builds it, runs it and opens it with the phone core (`docs/firmware.md`).
#![no_std]
#![no_main]

extern crate alloc;

mod clock;
mod console;
mod flash;
mod memory;
mod meter;
mod motor;
mod radio;
mod random;
mod uart;

use core::convert::Infallible;
use core::fmt;
use core::panic::PanicInfo;

use cortex_m::peripheral::SCB;
use cortex_m_semihosting::debug::{self, EXIT_FAILURE, EXIT_SUCCESS};
use cortex_m_semihosting::hprintln;
use thumbturn_lock::engine::Engine;
use thumbturn_lock::error::Error;
use thumbturn_lock::output::Output;
use thumbturn_lock::platform::{Board, Platform};
use thumbturn_protocol::ids::ClaimSecret;
use thumbturn_protocol::time::Millis;
use thumbturn_virtual_radio::{Malformed, ToPhones};

use clock::Clock;
use console::{Command, Console};
use radio::Radio;

/// What the label on the door's secured side says.
const CLAIM_SECRET: [u8; 16] = [0x4d; 16];

/// The parts of this board.
struct Mps2;

impl Platform for Mps2 {
    type Flash = flash::Chip;
    type Random = random::Seeded;
    type Hardware = motor::Motor;
}

/// Why the door stopped.
enum Stopped {
    /// The engine does not start.
    Engine(Error),
    /// The pipe is of no use.
    Radio(Malformed),
    /// The program was started twice, which the hardware does not do.
    Twice,
}

impl fmt::Display for Stopped {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Engine(error) => write!(formatter, "the engine does not start: {error}"),
            Self::Radio(error) => write!(formatter, "{error}"),
            Self::Twice => formatter.write_str("started twice without a reset"),
        }
    }
}

#[cortex_m_rt::entry]
fn main() -> ! {
    // Interrupts wake the processor and do nothing else.
    cortex_m::interrupt::disable();
    #[expect(unsafe_code, reason = "the first thing that the program does, once")]
    // SAFETY: nothing has been allocated yet.
    unsafe {
        memory::open_heap();
    }
    let mut console = Console::open();
    let Err(stopped) = run(&mut console);
    console.say(format_args!("error: {stopped}"));
    end(EXIT_FAILURE)
}

/// The door's life.
fn run(console: &mut Console) -> Result<Infallible, Stopped> {
    let processor = cortex_m::Peripherals::take().ok_or(Stopped::Twice)?;
    let mut clock = Clock::start(processor.SYST);
    let mut radio = Radio::open();
    let engine = boot(console, &mut clock)?;
    loop {
        let until = settle(engine, &mut clock, &mut radio)?;
        let mut is_disturbed = deliver(engine, &mut clock, &mut radio)?;
        while !is_disturbed && until.is_none_or(|until| clock.now() < until) {
            while let Some(command) = console.command() {
                obey(&command, console);
            }
            if radio.rests() && console.rests() {
                clock.sleep(until);
            }
            is_disturbed = deliver(engine, &mut clock, &mut radio)?;
        }
    }
}

/// Waits for the seed and starts the engine. Not inlined: the engine lies on the stack here before it lies in its place, and that room
/// is free again when this returns.
#[inline(never)]
fn boot(console: &mut Console, clock: &mut Clock) -> Result<&'static mut Engine<Mps2>, Stopped> {
    console.say(format_args!("started"));
    let random = loop {
        match console.command() {
            Some(Command::Seed(seed)) => break random::Seeded::new(seed),
            Some(command) => obey(&command, console),
            None if console.rests() => clock.sleep(None),
            None => {}
        }
    };
    #[expect(unsafe_code, reason = "the chip has one owner")]
    // SAFETY: this function is called once.
    let flash = unsafe { flash::Chip::of_the_board() };
    let board = Board { flash, random, hardware: motor::Motor::default() };
    let now = clock.now();
    let engine = meter::engine(|| Engine::boot(board, ClaimSecret::from_bytes(CLAIM_SECRET), now));
    let engine = engine.map_err(Stopped::Engine)?;
    let engine = cortex_m::singleton!(: Engine<Mps2> = engine).ok_or(Stopped::Twice)?;
    console.say(format_args!("booted"));
    Ok(engine)
}

/// Polls the engine until it is idle, and does what it says.
fn settle(
    engine: &mut Engine<Mps2>,
    clock: &mut Clock,
    radio: &mut Radio,
) -> Result<Option<Millis>, Stopped> {
    loop {
        let now = clock.now();
        match meter::engine(|| engine.poll(now)) {
            Output::Notify(id, frame) => {
                meter::frame_left();
                let message = ToPhones::Notify(radio::pipe_id(id), frame);
                radio.send(&message);
                memory::give_back(message);
            }
            Output::Disconnect(id) => radio.send(&ToPhones::Disconnect(radio::pipe_id(id))),
            Output::Advertise(broadcast) => radio.advertise(&broadcast),
            Output::Worked => {
                deliver(engine, clock, radio)?;
            }
            Output::Idle { until } => return Ok(until),
        }
    }
}

/// Gives the engine what happened meanwhile; whether anything did.
fn deliver(engine: &mut Engine<Mps2>, clock: &mut Clock, radio: &mut Radio) -> Result<bool, Stopped> {
    let mut is_disturbed = false;
    while let Some(message) = radio.receive().map_err(Stopped::Radio)? {
        let now = clock.now();
        meter::engine(|| engine.handle(now, radio::input(&message)));
        is_disturbed = true;
    }
    Ok(is_disturbed)
}

/// Does what the host asks for.
fn obey(command: &Command, console: &mut Console) {
    match command {
        Command::Measure => {
            meter::restart();
            console.say(format_args!("measuring"));
        }
        Command::Figures => say_figures(console),
        Command::Reset => SCB::sys_reset(),
        Command::Stop => end(EXIT_SUCCESS),
        Command::Seed(_) | Command::Unknown => console.say(format_args!("error: no such command now")),
    }
}

fn say_figures(console: &mut Console) {
    let (memory, ticks) = (memory::usage(), meter::reading());
    console.say(format_args!(
        "figures code_bytes {} static_bytes {} engine_bytes {} heap_reserved {} heap_peak {} engine_heap_peak {} stack_peak {} stack_room {} \
         calibration_instructions {} calibration_ticks {} engine_ticks {} flash_ticks {} longest_ticks {} \
         answered_ticks {}",
        memory.code,
        memory.fixed,
        size_of::<Engine<Mps2>>() - size_of::<Board<Mps2>>(),
        memory::HEAP,
        memory.heap,
        memory.engine_heap,
        memory.stack,
        memory.stack_room,
        meter::CALIBRATION,
        meter::calibrate(),
        ticks.engine,
        ticks.flash,
        ticks.longest,
        ticks.answered,
    ));
}

/// Ends the emulator.
fn end(status: debug::ExitStatus) -> ! {
    debug::exit(status);
    loop {
        cortex_m::asm::wfi();
    }
}

/// Says where, on the emulator's own output, for the console's owner may be what panicked. The message is left out: with it
/// comes the code that formats whatever any message may hold.
#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    if let Some(location) = info.location() {
        hprintln!("panicked at {}:{}", location.file(), location.line());
    }
    end(EXIT_FAILURE)
}
