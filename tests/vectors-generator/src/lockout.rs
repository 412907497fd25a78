//! The bucket of wrong doorcodes, step by step (spec §14.5). Computed here from the specification alone; the door's own bucket
//! reads the file in its tests.

use crate::json::{Fields, Json, text, vector};

/// What is done to a bucket at some millisecond of the door's timer.
#[derive(Clone, Copy)]
enum Action {
    Look,
    Take,
    GiveBack,
    /// The power was cut; the bucket is what was stored after the last action.
    Restore,
}

struct Bucket {
    most: i64,
    interval: i64,
    tokens: i64,
    progress: i64,
    updated: i64,
}

impl Bucket {
    const fn full(most: i64, interval: i64) -> Self {
        Self { most, interval, tokens: most, progress: 0, updated: 0 }
    }

    /// Whether the action was refused.
    fn act(&mut self, at: i64, action: Action) -> bool {
        if matches!(action, Action::Restore) {
            self.updated = at;
        }
        self.refill(at);
        match action {
            Action::Take if self.tokens == 0 => return true,
            Action::Take => self.tokens -= 1,
            Action::GiveBack => self.tokens = self.most.min(self.tokens + 1),
            Action::Look | Action::Restore => {}
        }
        self.stop_when_full();
        false
    }

    fn refill(&mut self, at: i64) {
        self.progress += (at - self.updated).max(0);
        self.updated = self.updated.max(at);
        while self.progress >= self.interval && self.tokens < self.most {
            self.tokens += 1;
            self.progress -= self.interval;
        }
        self.stop_when_full();
    }

    /// Progress is worth nothing to a full bucket.
    const fn stop_when_full(&mut self) {
        if self.tokens == self.most {
            self.progress = 0;
        }
    }
}

pub(crate) fn vectors() -> Vec<Fields> {
    use Action::{GiveBack, Look, Restore, Take};
    let residence = |name, steps: &[(i64, Action)]| bucket(name, "residence", 6, 600_000, steps);
    let other = |name, steps: &[(i64, Action)]| bucket(name, "other", 10, 180_000, steps);
    vec![
        residence(
            "six wrong codes, then one every ten minutes",
            &[
                (1_000, Take),
                (2_000, Take),
                (3_000, Take),
                (4_000, Take),
                (5_000, Take),
                (6_000, Take),
                (7_000, Take),
                (600_999, Take),
                (601_000, Take),
                (601_001, Take),
                (1_201_000, Look),
            ],
        ),
        other(
            "ten wrong codes, then one every three minutes",
            &[[(0, Take); 11].as_slice(), &[(179_999, Take), (180_000, Take), (180_000, Take)]].concat(),
        ),
        residence(
            "a full bucket saves nothing",
            &[(599_999, Look), (599_999, Take), (1_199_998, Look), (1_199_999, Look)],
        ),
        residence(
            "a token comes back",
            &[
                (0, Take),
                (0, Take),
                (100, GiveBack),
                (599_999, GiveBack),
                (700_000, GiveBack),
                (700_000, Look),
            ],
        ),
        residence(
            "a power cut gives nothing and takes what was not stored",
            &[
                (0, Take),
                (0, Take),
                (0, Take),
                (0, Take),
                (0, Take),
                (0, Take),
                (599_000, Look),
                (0, Restore),
                (999, Take),
                (1_000, Take),
                (500, Restore),
                (600_499, Take),
                (600_500, Take),
            ],
        ),
        residence(
            "a timer that goes back counts nothing twice",
            &[(0, Take), (0, Take), (500_000, Look), (100_000, Look), (500_000, Look), (600_000, Look)],
        ),
        other(
            "a long rest saves no more than the most",
            &[(0, Take), (0, Take), (1_000_000_000, Look), (1_000_000_000, Take)],
        ),
    ]
}

fn bucket(name: &str, door: &str, most: i64, interval: i64, steps: &[(i64, Action)]) -> Fields {
    let mut bucket = Bucket::full(most, interval);
    let steps = steps.iter().map(|(at, action)| {
        let refused = bucket.act(*at, *action);
        let action = match action {
            Action::Look => "look",
            Action::Take => "take",
            Action::GiveBack => "give back",
            Action::Restore => "restore",
        };
        Json::Object(
            Fields::new()
                .with("at", *at)
                .with("action", text(action))
                .with("refused", refused)
                .with("tokens", bucket.tokens)
                .with("progress", bucket.progress),
        )
    });
    vector(name, "14.5", "lockout")
        .with("door", text(door))
        .with("most", most)
        .with("interval", interval)
        .with("steps", Json::List(steps.collect()))
}
