"""Jobs: training runs as processes of their own, in a queue that goes on whoever leaves.

Three kinds of processes, of which each may be killed at any moment:

- **whoever has the queue open** (`JobQueue`: a page's server, a script, a shell) writes wishes into the index: submit, cancel, resume;
- **the dispatcher** (`dispatcher`), one small process for a runs folder, makes them true: it starts what can start, watches what
  runs, and tells apart what ended from what was killed or hangs. It is started when there is work, ends when there is none, and is
  started again by whoever notices that it is missing (every queue that is looked at, and every worker);
- **the workers** (`worker`), one a job, train, and write everything about their run into its folder.

What keeps "nothing twice, nothing lost" true: every change of state is one transaction that names the states it may start from
(`store`); one dispatcher at a time, by a file lock (`lead`); a worker exists exactly as long as its folder's lock is held, because it
is born with the lock in its hands (`folder`, `engines.local`), so a recycled process number fools nobody and a job whose starter
died half-way is neither forgotten nor started again; and no decision looks at the wall clock.
"""

from __future__ import annotations

from cnn_core.jobs.job import ACTIVE, OVER, RESUMABLE, Change, Curve, Job, State, Summary
from cnn_core.jobs.queue import JobQueue, runs_root
from cnn_core.jobs.reasons import REASONS, advice_key, in_english, message_key

__all__ = [
    "ACTIVE",
    "OVER",
    "REASONS",
    "RESUMABLE",
    "Change",
    "Curve",
    "Job",
    "JobQueue",
    "State",
    "Summary",
    "advice_key",
    "in_english",
    "message_key",
    "runs_root",
]
