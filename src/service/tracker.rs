//! Puts what finished in any order back into the order it was numbered in, lane by lane.
//!
//! Only what comes out of here is sent, so what has been sent of a lane is always a prefix of it without holes, and
//! its end is an offset that may be committed.

use std::collections::BTreeMap;

/// What has finished ahead of its turn, by lane and number.
#[derive(Debug)]
pub(super) struct Tracker<T> {
    lanes: BTreeMap<u64, Track<T>>,
}

#[derive(Debug)]
struct Track<T> {
    /// The number whose turn it is.
    turn: u64,
    early: BTreeMap<u64, T>,
}

impl<T> Default for Tracker<T> {
    fn default() -> Self {
        Self { lanes: BTreeMap::new() }
    }
}

impl<T> Tracker<T> {
    /// Takes `item` in as `number` of `lane`, and gives out all of that lane whose turn has come, in order.
    pub(super) fn accept(&mut self, lane: u64, number: u64, item: T) -> Vec<T> {
        let track = self.lanes.entry(lane).or_insert_with(|| Track { turn: 0, early: BTreeMap::new() });
        if number > track.turn {
            track.early.insert(number, item);
            return Vec::new();
        }
        track.turn += 1;
        let mut due = vec![item];
        while let Some(item) = track.early.remove(&track.turn) {
            track.turn += 1;
            due.push(item);
        }
        due
    }

    /// Forgets `lane` and what waits on it.
    pub(super) fn forget(&mut self, lane: u64) {
        self.lanes.remove(&lane);
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.lanes.clear();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// A hole in what has been given out would be an article lost, a swap a correction that overtakes its
        /// original: against the plainest model, which sorts.
        #[test]
        fn any_order_of_completions_comes_out_as_a_growing_prefix(
            order in (1_u64..40).prop_flat_map(|count| {
                let chunks: Vec<(u64, u64)> = (0..3).flat_map(|lane| (0..count).map(move |n| (lane, n))).collect();
                Just(chunks).prop_shuffle()
            })
        ) {
            let mut tracker = Tracker::default();
            let mut given = BTreeMap::<u64, Vec<u64>>::new();
            for (done, (lane, number)) in order.iter().enumerate() {
                given.entry(*lane).or_default().extend(tracker.accept(*lane, *number, *number));
                let mut model: Vec<u64> =
                    order.iter().take(done + 1).filter(|(other, _)| other == lane).map(|(_, number)| *number).collect();
                model.sort_unstable();
                let prefix = (0..).zip(&model).take_while(|(turn, number)| turn == *number).count();
                let expected: Vec<u64> = (0..).take(prefix).collect();
                prop_assert_eq!(&given[lane], &expected);
            }
        }
    }

    /// A lane that ended must not hold up, nor leak into, a later lane.
    #[test]
    fn what_waited_on_a_forgotten_lane_never_comes_out() {
        let mut tracker = Tracker::default();
        assert!(tracker.accept(1, 1, "early").is_empty());
        tracker.forget(1);
        assert_eq!(tracker.accept(2, 0, "other"), ["other"]);
        assert!(tracker.accept(2, 2, "gone").is_empty());
        tracker.clear();
        assert_eq!(tracker.accept(2, 0, "anew"), ["anew"]);
    }
}
