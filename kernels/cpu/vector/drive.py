"""The native loop in which threads take groups of work, phase after phase.

All threads that run a sequence call ``drive`` with the same table of phases. Each takes the next group of the
first phase by counting its ticket up, then does what the phase has to do for this group; where no group is
left, it waits for those that others have taken, and goes on to the next phase. So no thread has to come: one
that the machine gives no processor takes no group, and nobody waits for it.

A ticket holds the number of the replay in its upper half. A thread that comes late, when the sequence is
replayed, finds another number and leaves.

A row of the table, int64: GROUPS, LINKS, address of the links, a cache line later TICKET, and DONE on the
cache line after that. A link is two addresses: a function (arguments, group, scratch), and its arguments.
"""

from __future__ import annotations

import os
from typing import Final

ROW: Final = 24
"""Numbers in a row of the table of phases."""
GROUPS: Final = 0
LINKS: Final = 1
FIRST_LINK: Final = 2
TICKET: Final = 8
DONE: Final = 16

REPLAY_SHIFT: Final = 32
"""The ticket's bits from this one on are the number of the replay."""

SYMBOL: Final = "drive"

_SPINS: Final = 64
"""Looks at the count of groups done between two offers to let other threads run."""

_HAND_OVER: Final = "call i32 @sched_yield()" if os.name == "posix" else ""

SOURCE: Final = f"""
declare i32 @sched_yield()

define void @{SYMBOL}(ptr %table, i64 %phases, i64 %replay, ptr %scratch) {{
entry:
  %none = icmp eq i64 %phases, 0
  br i1 %none, label %leave, label %phase

phase:                                    ; each phase in turn
  %number = phi i64 [ 0, %entry ], [ %next_number, %next_phase ]
  %start = mul i64 %number, {ROW}
  %row = getelementptr i64, ptr %table, i64 %start
  %groups = load i64, ptr %row
  %links_at = getelementptr i64, ptr %row, i64 {LINKS}
  %links = load i64, ptr %links_at
  %first_link_at = getelementptr i64, ptr %row, i64 {FIRST_LINK}
  %first_link = load ptr, ptr %first_link_at
  %ticket_at = getelementptr i64, ptr %row, i64 {TICKET}
  %done_at = getelementptr i64, ptr %row, i64 {DONE}
  br label %look

look:                                     ; is a group left, and is this still our replay?
  %ticket = load atomic i64, ptr %ticket_at acquire, align 8
  %current = lshr i64 %ticket, {REPLAY_SHIFT}
  %ours = icmp eq i64 %current, %replay
  br i1 %ours, label %check, label %leave
check:
  %group = and i64 %ticket, {(1 << REPLAY_SHIFT) - 1}
  %left = icmp ult i64 %group, %groups
  br i1 %left, label %take, label %wait
take:
  %following = add i64 %ticket, 1
  %exchange = cmpxchg ptr %ticket_at, i64 %ticket, i64 %following acq_rel acquire
  %taken = extractvalue {{ i64, i1 }} %exchange, 1
  br i1 %taken, label %link, label %look

link:                                     ; all that the phase does for this group
  %link_number = phi i64 [ 0, %take ], [ %next_link, %link ]
  %function_index = shl i64 %link_number, 1
  %arguments_index = or i64 %function_index, 1
  %function_at = getelementptr ptr, ptr %first_link, i64 %function_index
  %arguments_at = getelementptr ptr, ptr %first_link, i64 %arguments_index
  %function = load ptr, ptr %function_at
  %arguments = load ptr, ptr %arguments_at
  call void %function(ptr %arguments, i64 %group, ptr %scratch)
  %next_link = add i64 %link_number, 1
  %more = icmp ult i64 %next_link, %links
  br i1 %more, label %link, label %end_group
end_group:
  %ignored = atomicrmw add ptr %done_at, i64 1 acq_rel
  br label %look

wait:                                     ; for the groups that other threads have taken
  %spin = phi i64 [ 0, %check ], [ %next_spin, %still_ours ]
  %done = load atomic i64, ptr %done_at acquire, align 8
  %all = icmp uge i64 %done, %groups
  br i1 %all, label %next_phase, label %spinning
spinning:
  %next_spin = add i64 %spin, 1
  %turn = urem i64 %next_spin, {_SPINS}
  %tired = icmp eq i64 %turn, 0
  br i1 %tired, label %hand_over, label %look_again
hand_over:
  {_HAND_OVER}
  br label %look_again
look_again:
  %ticket_now = load atomic i64, ptr %ticket_at acquire, align 8
  %replay_now = lshr i64 %ticket_now, {REPLAY_SHIFT}
  %same = icmp eq i64 %replay_now, %replay
  br i1 %same, label %still_ours, label %leave
still_ours:
  br label %wait

next_phase:
  %next_number = add i64 %number, 1
  %another = icmp ult i64 %next_number, %phases
  br i1 %another, label %phase, label %leave
leave:
  ret void
}}
"""
