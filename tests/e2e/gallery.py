"""A small site that shows everything a page can have, in three languages; for tests in a browser."""

from __future__ import annotations

LESSON = """---
title: Everything
description: One of each.
id: everything
tags: [all, kinds]
xp: 10
---

# Everything

A paragraph with `code`, **weight**, a [link](two.md), a footnote[^1] and $a^2 + b^2$.

## Blocks

::: note [A note]
It says something.
:::

::: warning
Careful.
:::

> [!TIP]
> From GitHub.

::: details [More]
Folded.
:::

:::: tabs
::: tab [One]
First panel.
:::
::: tab [Two]
Second panel.
:::
::::

- [x] done
- [ ] to do

| name | value |
| --- | ---: |
| one | 1 |

$$
\\sum_{i=1}^{n} i
$$

## Code

```solidity title="Counter.sol" {2} linenos
contract Counter {
    uint256 public count;
}
```

```diff-solidity
- uint8 a;
+ uint256 a;
```

```
plain
```

## Questions

::: quiz {#one xp=5}
Which one is right?

> Hint: not the first.

- [ ] Alpha
  > Too early.
- [x] Beta
  > Just so.
- [ ] Gamma
  > Too late.
:::

::: quiz [Several] {#many xp=7}
Which are even?

- [x] Two
  > Even.
- [ ] Three
  > Odd.
- [x] Four
  > Even, too.
:::

::: trace {#sum xp=5 answer="uint256 3"}
What is `1 + 2`?
:::

::: exercise [A contract] {#make xp=20 file=Start.sol tests=Test.sol solution=End.sol}
Finish it.
:::

### A smaller heading

Text.

#### Smaller still

Text.

[^1]: The note itself.
"""

TOKENS = """# Tokens

## Transfers

`transferFrom(address from, address to, uint256 value)` moves what an allowance lets it; `msg.sender` asks.

## Allowances

ERC20 keeps them in a mapping. Beware of reentrancy.

## Reentrancy

MAX_SUPPLY stays.
"""

SPANISH = """---
id: everything
tags: [todos, all]
---

# Todo

## Uno

::: quiz {#one}
¿Cuál?

- [ ] Alfa
- [x] Beta
- [ ] Gamma
:::

## Dos

Fin.
"""

ARABIC = """---
id: everything
---

# كل شيء

## أولًا

::: quiz {#one xp=3}
أيّها؟

- [ ] هذه
- [x] تلك
- [ ] الأخرى
:::

```js
let a = 1;
```

## ثانيًا

النهاية.
"""

SITE = """title = "Gallery"
description = "Everything once."
language = "en"
languages = ["en", "es", "ar"]
api_url = "/api"

[[achievements]]
id = "first"
title = "First step"
description = "Finish a lesson."
rule = { type = "count", kind = "lesson", at_least = 1 }
"""

FILES = {
    "site.toml": SITE,
    "index.md": "# Gallery\n\nWelcome.\n",
    "course/index.md": "---\ndescription: A course.\n---\n\n# The course\n\nWhat it is about.\n",
    "course/part/index.md": "# The part\n\nIts text.\n",
    "course/part/one.md": LESSON,
    "course/part/two.md": "---\nid: two\n---\n\n# Two\n\n" + "A line of text to read.\n\n" * 40,
    "course/part/three.md": "---\nid: three\n---\n\n# Three\n\nShort.\n",
    "course/tokens.md": TOKENS,
    "course/part/Start.sol": "contract A {}\n",
    "course/part/Test.sol": "contract T {}\n",
    "course/part/End.sol": "contract A { uint a; }\n",
    "es/index.md": "# Galería\n\nHola.\n",
    "es/course/index.md": "# El curso\n\nDe qué va.\n",
    "es/course/part/index.md": "# La parte\n\nTexto.\n",
    "es/course/part/one.md": SPANISH,
    "ar/index.md": "# المعرض\n\nأهلًا.\n",
    "ar/course/index.md": "# الدورة\n\nعمّ تدور.\n",
    "ar/course/part/index.md": "# الجزء\n\nنص.\n",
    "ar/course/part/one.md": ARABIC,
    "ar/course/part/two.md": "# الثاني\n\nنص.\n",
}

LESSON_URL = "/course/part/one/"
