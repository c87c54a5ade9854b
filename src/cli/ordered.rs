//! Work spread over threads, results in the order of the input, a bounded number of them waiting.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded};

/// Runs `work` on `jobs` threads over what `read` gives, and hands the results to `take` in that order.
///
/// `read` runs on a thread of its own and ends early when told [`ControlFlow::Break`], which is when `take` broke off;
/// nobody waits for it then, as it may be held up by an input that never ends. At most `4 * jobs` items wait.
pub(super) fn map<I: Send + 'static, O: Send + 'static>(
    jobs: usize,
    read: impl FnOnce(&mut dyn FnMut(I) -> ControlFlow<()>) + Send + 'static,
    work: impl Fn(I) -> O + Send + Sync + 'static,
    mut take: impl FnMut(O) -> ControlFlow<()>,
) {
    let (to_workers, tasks) = bounded::<(I, Sender<O>)>(jobs);
    let (to_taker, promises) = bounded::<Receiver<O>>(4 * jobs);
    let work = Arc::new(work);
    for _ in 0..jobs {
        let (tasks, work) = (tasks.clone(), Arc::clone(&work));
        thread::spawn(move || tasks.iter().all(|(item, answer)| answer.send(work(item)).is_ok()));
    }
    thread::spawn(move || {
        read(&mut |item| {
            let (answer, promise) = bounded(1);
            match to_taker.send(promise).is_ok() && to_workers.send((item, answer)).is_ok() {
                true => ControlFlow::Continue(()),
                false => ControlFlow::Break(()),
            }
        });
    });
    for promise in promises {
        let Ok(result) = promise.recv() else { continue };
        if take(result).is_break() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Records must come in the order of the articles, however long each of them takes.
        #[test]
        fn results_come_in_the_order_of_the_input(delays in prop::collection::vec(0..3_u64, 0..60), jobs in 1..6_usize) {
            let mut taken = Vec::new();
            let items: Vec<_> = delays.into_iter().enumerate().collect();
            let expected: Vec<_> = (0..items.len()).collect();
            let read = move |give: &mut dyn FnMut((usize, u64)) -> ControlFlow<()>| {
                assert!(items.into_iter().try_for_each(give).is_continue());
            };
            let work = |(index, delay)| {
                thread::sleep(Duration::from_millis(delay));
                index
            };
            map(jobs, read, work, |index| {
                taken.push(index);
                ControlFlow::Continue(())
            });
            prop_assert_eq!(taken, expected);
        }
    }

    /// `copydesk annotate | head` must end although the input never does.
    #[test]
    fn an_endless_input_ends_when_nobody_takes_more() {
        let mut left = 10;
        let read = |give: &mut dyn FnMut(u64) -> ControlFlow<()>| assert!((0..).try_for_each(give).is_break());
        map(
            2,
            read,
            |item| item,
            |_| {
                left -= 1;
                if left > 0 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            },
        );
        assert_eq!(left, 0);
    }
}
