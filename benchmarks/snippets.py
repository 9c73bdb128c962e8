"""Code blocks for the benchmark course: eight languages, each block different from every other.

What it promises: the same number gives the same block on every machine, and no two numbers give equal blocks, so that
no tool gets a highlighted block for the price of remembering one.
"""

from __future__ import annotations

from string import Template

import msgspec


class Snippet(msgspec.Struct, frozen=True):
    """A block of code with the name of its language, as it stands after the fence."""

    language: str
    code: str


_SOLIDITY = """\
// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title A vault that remembers who paid in.
contract Vault$n {
    error TooSmall(uint256 sent, uint256 least);
    event Deposited(address indexed who, uint256 amount);

    uint256 public constant LEAST = $a gwei;
    mapping(address => uint256) private balances;

    function deposit() external payable {
        if (msg.value < LEAST) revert TooSmall(msg.value, LEAST);
        balances[msg.sender] += msg.value;
        emit Deposited(msg.sender, msg.value);
    }

    function balanceOf(address who) external view returns (uint256) {
        return balances[who] * $b / 100;
    }
}
"""

_PYTHON = '''\
from collections import Counter
from dataclasses import dataclass


@dataclass(frozen=True)
class Reading$n:
    """One measurement of the sensor in the garden."""

    at: float
    value: int = $a


def busiest(readings: list[Reading$n], limit: int = $b) -> list[tuple[int, int]]:
    """Return the values that occur most often, the most frequent first."""
    counts = Counter(reading.value for reading in readings if reading.at > 0.5)
    # Ties are broken by the value itself, so that the answer never depends on the order.
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:limit]


print(f"busiest of $n: {busiest([Reading$n(1.0), Reading$n(2.0, 7)])!r}")
'''

_JAVASCRIPT = """\
import { open } from "./store-$n.js";

const LIMIT = $a;

/** Keeps the last answers of a learner until the network is back. */
export class Outbox$n {
  #waiting = [];

  async add(answer) {
    this.#waiting.push({ ...answer, at: Date.now() });
    if (this.#waiting.length > LIMIT) this.#waiting.shift();
    const store = await open(`outbox-$n`);
    return store.put("waiting", this.#waiting);
  }

  get size() {
    return this.#waiting.filter((one) => one?.kind !== "draft").length * $b;
  }
}
"""

_RUST = """\
use std::collections::HashMap;

#[derive(Debug, Clone, PartialEq)]
pub enum Token$n<'a> {
    Word(&'a str),
    Number(u64),
}

/// Counts each word of a line; numbers above the limit are left out.
pub fn tally_$n<'a>(line: &'a str) -> HashMap<&'a str, usize> {
    const LIMIT: u64 = $a;
    let mut counts = HashMap::new();
    for part in line.split_whitespace() {
        match part.parse::<u64>() {
            Ok(number) if number > LIMIT => continue,
            _ => *counts.entry(part).or_insert(0) += $b,
        }
    }
    counts
}
"""

_TYPESCRIPT = """\
interface Lesson$n {
  readonly id: string;
  minutes: number;
  tags?: string[];
}

type Plan<T extends Lesson$n> = { [K in T["id"]]: T };

export function plan$n(lessons: Lesson$n[], budget = $a): Plan<Lesson$n> {
  let left: number = budget;
  const chosen = lessons
    .filter(({ minutes }) => (left -= minutes) >= 0)
    .map((lesson) => [lesson.id, lesson] as const);
  // The shortest lessons come first where two have the same name.
  return Object.fromEntries(chosen.slice(0, $b)) as Plan<Lesson$n>;
}
"""

_GO = """\
package queue$n

import (
\t"errors"
\t"sync"
)

var ErrFull = errors.New("the queue $n is full")

// Queue holds at most a fixed number of jobs and may be used by many goroutines.
type Queue struct {
\tmu   sync.Mutex
\tjobs []string
}

func (q *Queue) Push(job string) error {
\tq.mu.Lock()
\tdefer q.mu.Unlock()
\tif len(q.jobs) >= $a*$b {
\t\treturn ErrFull
\t}
\tq.jobs = append(q.jobs, job)
\treturn nil
}
"""

_BASH = """\
#!/usr/bin/env bash
set -euo pipefail

readonly LIMIT=$a
folder="build-$n"

count_pages() {
  local found
  found=$$(find "$$1" -name '*.html' | wc -l)
  echo "$${found// /}"
}

for part in one two three; do
  # A part that is missing is made, so that the next run finds it.
  [[ -d "$$folder/$$part" ]] || mkdir -p "$$folder/$$part"
  if (( $$(count_pages "$$folder/$$part") > LIMIT )); then
    printf 'too many pages in %s (%d)\\n' "$$part" $b >&2
    exit 1
  fi
done
"""

_SQL = """\
CREATE TABLE progress_$n (
    learner  BIGINT NOT NULL REFERENCES learners (id),
    item     TEXT NOT NULL,
    xp       INTEGER NOT NULL DEFAULT $a CHECK (xp >= 0),
    earned   TIMESTAMP NOT NULL,
    PRIMARY KEY (learner, item)
);

-- The ten who earned most in the last week; equal sums share a rank.
WITH week AS (
    SELECT learner, SUM(xp) AS total
    FROM progress_$n
    WHERE earned > CURRENT_TIMESTAMP - INTERVAL '7 days'
    GROUP BY learner
    HAVING SUM(xp) > $b
)
SELECT learner, total, RANK() OVER (ORDER BY total DESC) AS place
FROM week
LIMIT 10;
"""

LANGUAGES = (
    ("solidity", Template(_SOLIDITY)),
    ("python", Template(_PYTHON)),
    ("javascript", Template(_JAVASCRIPT)),
    ("rust", Template(_RUST)),
    ("typescript", Template(_TYPESCRIPT)),
    ("go", Template(_GO)),
    ("bash", Template(_BASH)),
    ("sql", Template(_SQL)),
)


def snippet(number: int) -> Snippet:
    """Return block ``number`` of the course; the languages take turns."""
    language, template = LANGUAGES[number % len(LANGUAGES)]
    # The primes only spread the figures; the number itself is what makes each block unlike the others.
    return Snippet(language, template.substitute(n=number, a=number * 37 % 991 + 1, b=number * 53 % 97 + 2))
