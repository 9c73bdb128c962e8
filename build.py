#!/usr/bin/env python3
"""The one door: ``python3 build.py ...``, from a bare Python 3.11 or newer.

It finds out what the command needs, makes ``.venv`` beside itself where the running Python has not got that already,
installs from the hashed locks in ``requirements/``, starts itself again in there and hands the command on. It is also
where ``builder`` and ``edge_api``, which never import each other, are introduced.

What it keeps:

    .venv/door/<extra>.txt   a copy of the lock that was installed, written last: equal bytes mean nothing to do
    .venv.lock               held while one run installs and others wait; not empty means that a run was interrupted

Everything before the first class or function runs on any Python, and the whole file is parsed by old ones, so that they
can be told what they lack. That is why there are no annotations (mypy reads the comments) and no f-strings here.
"""

import sys

if sys.version_info < (3, 11):
    sys.stderr.write(
        "coursewright: needs Python 3.11 or newer, and this is %d.%d (%s). Start build.py with a newer one.\n"
        % (sys.version_info[0], sys.version_info[1], sys.executable)
    )
    sys.exit(2)

import errno
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO  # noqa: F401 - for the type comments

HERE = os.path.dirname(os.path.realpath(__file__))
LOCKS = os.path.join(HERE, "requirements")
VENV = os.path.join(HERE, ".venv")
PYTHON = os.path.join(VENV, *(("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")))
STAMPS = os.path.join(VENV, "door")
MUTEX = os.path.join(HERE, ".venv.lock")

# Counts how often the door has started itself again for one command; the door takes it out of the environment at once.
PASSES = "COURSEWRIGHT_DOOR_PASSES"

# One pass enters the environment. A second is due when the Python behind it was replaced and it had to be made anew.
MOST_PASSES = 2

EVERYTHING = ("build", "deploy", "api", "test")
EXTRAS = {
    "serve": ("build", "api"),
    "deploy": ("build", "deploy"),
    "api": ("api",),
    "test": EVERYTHING,
    "bench": EVERYTHING,
}  # type: dict[str, tuple[str, ...]]


class Refusal(Exception):  # noqa: N818 - it is what happens at a door
    """The door cannot open: a sentence for people; exit 2."""


def main(argv):  # noqa: PLR0911 - one return for each way in which a command ends
    # type: (list[str]) -> int
    """Carry out one command and return its exit code."""
    passes = int(os.environ.pop(PASSES, "0"))
    command = argv[0] if argv and not argv[0].startswith("-") else "build"
    try:
        extras = EXTRAS.get(command, ("build",))
        if not ready(extras):
            if not installed(extras):
                install(extras)
            return enter(argv, passes)
        return run(command, argv)
    except Refusal as refusal:
        say(str(refusal))
        return 2
    except KeyboardInterrupt:
        say("interrupted")
        return 130
    except BrokenPipeError:
        # The reader of our output went away (`build.py ... | head`): nothing more can be said to it, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 130
    except OSError as error:
        if error.errno != errno.ENOSPC:
            return apologise()
        say("the disk is full: {}".format(error.filename or HERE))
        return 2
    except Exception:  # noqa: BLE001 - whatever it is, people get a sentence and the traceback goes to a file
        return apologise()


def run(command, argv):
    # type: (str, list[str]) -> int
    """Hand the command to the room that carries it out; all imports that cost anything happen here."""
    import importlib

    if inside() and sys.pycache_prefix is None:
        # Compiling our own modules takes ten times as long as loading them; where the system or its user wants no
        # bytecode beside the sources, it lies in our environment.
        sys.pycache_prefix = os.path.join(VENV, "bytecode")
        sys.dont_write_bytecode = False
    if sys.path[:1] != [HERE]:
        sys.path.insert(0, HERE)
    if command == "api":
        code = importlib.import_module("edge_api.main").main(argv[1:])
    elif command == "test":
        sys.path.insert(0, os.path.join(HERE, "tests"))
        code = importlib.import_module("prerequisites").run_tests(argv[1:])
    elif command == "bench":
        code = importlib.import_module("benchmarks.__main__").main(argv[1:])
    elif command == "serve":
        code = importlib.import_module("builder.cli").main(argv, api=introduce)
    else:
        code = importlib.import_module("builder.cli").main(argv)
    return int(code)


def introduce():
    # type: () -> object
    """Return what makes the edge API of a local site from its catalogue, its awards and a folder for its data."""
    import importlib

    create = importlib.import_module("edge_api.app").create_app
    read = importlib.import_module("edge_api.environment").read
    names = ("EDGE_CATALOG", "EDGE_AWARDS", "EDGE_DATA")
    return lambda *paths: create(read(dict(os.environ, **dict(zip(names, map(str, paths), strict=True)))))


# --- Is there anything to do? On every start: a stat and two small files for each extra -------------------------------


def ready(extras):
    # type: (tuple[str, ...]) -> bool
    """Say whether the running Python has what the locks of ``extras`` name."""
    return installed(extras) if inside() else all(holds(extra) for extra in extras)


def inside():
    # type: () -> bool
    """Say whether the running Python is the one of ``.venv``."""
    return os.path.realpath(sys.prefix) == os.path.realpath(VENV)


def installed(extras):
    # type: (tuple[str, ...]) -> bool
    """Say whether ``.venv`` was installed, to the end, from just these locks and for the Python that is in it."""
    if os.path.exists(MUTEX) and os.stat(MUTEX).st_size:
        return False
    if not os.path.exists(PYTHON) or (inside() and read(os.path.join(STAMPS, "python")) != python_version()):
        return False
    return all(read(os.path.join(STAMPS, extra + ".txt")) == read_lock(extra) for extra in extras)


def holds(extra):
    # type: (str) -> bool
    """Say whether an environment that is not ours has the versions of one lock: it is then used as it is."""
    present = set()  # type: set[str]
    for folder in sys.path:
        if folder.endswith(("site-packages", "dist-packages")):
            try:
                present.update(name.lower().replace("_", "-") for name in os.listdir(folder))
            except OSError:
                continue  # sys.path may name folders that are not there
    return all(pin + ".dist-info" in present for pin in pins(read_lock(extra)))


def pins(lock):
    # type: (bytes) -> list[str]
    """Return ``name-version`` for each package that a lock names for this platform, written as its folder is."""
    found = []
    for line in lock.decode().splitlines():
        if line[:1].isalnum():
            requirement, _, marker = line.rstrip("\\").partition(";")
            if applies(marker):
                name, _, version = requirement.strip().partition("==")
                found.append(name.replace(".", "-").lower() + "-" + version)
    return found


def applies(marker):
    # type: (str) -> bool
    """Evaluate a lock's marker: comparisons joined by ``and`` inside ``or``, which is all that the locks contain."""
    if not marker.strip():
        return True
    clauses = marker.replace("(", " ").replace(")", " ").split(" or ")
    return any(all(compares(term) for term in clause.split(" and ")) for clause in clauses)


def compares(term):
    # type: (str) -> bool
    """Evaluate one comparison of a marker, such as ``sys_platform == 'win32'``."""
    name, operator, quoted = term.split()
    value = quoted.strip("'\"")
    if name.startswith("python_"):
        have, want = sys.version_info[:3], tuple(int(part) for part in value.split("."))
        return {"<": have < want, ">=": have >= want, "==": have[: len(want)] == want}[operator]
    actual = {
        "sys_platform": lambda: sys.platform,
        "implementation_name": lambda: sys.implementation.name,
        "platform_python_implementation": lambda: {"cpython": "CPython", "pypy": "PyPy"}[sys.implementation.name],
    }[name]()
    return (actual == value) is (operator == "==")


def python_version():
    # type: () -> bytes
    """Return ``3.11`` and the like: an environment belongs to one minor version."""
    return "{}.{}".format(*sys.version_info[:2]).encode()


def read_lock(extra):
    # type: (str) -> bytes
    """Return the bytes of one lock."""
    lock = read(os.path.join(LOCKS, extra + ".txt"))
    if lock is None:
        raise Refusal("requirements/{}.txt is missing beside build.py: get the whole project again".format(extra))
    return lock


def read(path):
    # type: (str) -> bytes | None
    """Return the bytes of a small file, or None where there is none."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None


# --- Going in ---------------------------------------------------------------------------------------------------------


def enter(argv, passes):
    # type: (list[str], int) -> int
    """Start this file again with the environment's Python; on POSIX this process becomes that one."""
    if passes >= MOST_PASSES:
        raise Refusal("{} was installed and still lacks something: remove that folder and try again".format(VENV))
    # The variable by which a macOS framework build tells its children who they are would make ours someone else.
    environ = {key: value for key, value in os.environ.items() if key not in ("PYTHONHOME", "__PYVENV_LAUNCHER__")}
    environ[PASSES] = str(passes + 1)
    flags = sys.orig_argv[1 : len(sys.orig_argv) - len(sys.argv)]
    command = [PYTHON] + flags + [os.path.realpath(__file__)] + argv
    if os.name != "nt":
        sys.stderr.flush()
        os.execve(PYTHON, command, environ)  # noqa: S606 - our own file
    return wait_for(command, environ)


def wait_for(command, environ):
    # type: (list[str], dict[str, str]) -> int
    """Run the command below us, where no process can become another, and leave Ctrl-C to it."""
    import signal
    import subprocess

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return subprocess.call(command, env=environ)


# --- Installing -------------------------------------------------------------------------------------------------------


def install(extras):
    # type: (tuple[str, ...]) -> None
    """Make ``.venv`` where it is missing or broken, install the locks, and stamp them; one run at a time."""
    try:
        mutex = open(MUTEX, "a+b")  # noqa: SIM115 - closed below, where OSError would mean something else
    except OSError as error:
        raise Refusal(  # noqa: B904 - Python 2 cannot parse a cause
            "cannot write in {} ({}), where .venv has to be: copy the project to a folder of your own, or start"
            " build.py with a Python that has requirements/*.txt installed".format(HERE, error.strerror)
        )
    with mutex:
        hold(mutex)
        if installed(extras):
            return
        interrupted = os.fstat(mutex.fileno()).st_size > 0
        mutex.write(b"installing\n")
        mutex.flush()
        make_environment(mutex.fileno(), interrupted)
        fill_environment(mutex, extras)
        mutex.truncate(0)


def hold(mutex):
    # type: (IO[bytes]) -> None
    """Wait until no other run installs. The system lets go of the lock when its holder ends, however it ends."""
    import time

    waiting = False
    while not grab(mutex):
        if not waiting:
            say("another first run is installing; waiting for it")
            waiting = True
        time.sleep(0.1)


def grab(mutex):
    # type: (IO[bytes]) -> bool
    """Try to take the lock."""
    import importlib

    try:
        if os.name == "nt":
            msvcrt = importlib.import_module("msvcrt")
            # One byte far behind the end: a locked region cannot be read, and the marker must stay readable.
            mutex.seek(1 << 30)
            msvcrt.locking(mutex.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl = importlib.import_module("fcntl")
            fcntl.flock(mutex.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def make_environment(mutex, interrupted):
    # type: (int, bool) -> None
    """Make ``.venv``, anew after an interrupted run; a sound one, also one made by hand, is kept and added to."""
    import importlib.util

    if not interrupted and speaks():
        return
    if not importlib.util.find_spec("ensurepip"):
        cure = "on Debian or Ubuntu `apt install python3-venv`; elsewhere use a complete Python 3.11 or newer"
        raise Refusal("this Python ({}) cannot make environments: {}".format(sys.executable, cure))
    say("making {} with Python {}".format(VENV, sys.version.split()[0]))
    ours = interrupted or os.path.isdir(STAMPS)
    base = getattr(sys, "_base_executable", None) or sys.executable
    code, output = call([base, "-m", "venv"] + (["--clear"] if ours else []) + [VENV], mutex)
    if code or not speaks():
        raise Refusal("could not make {} ({}): remove it, or see what hinders `python3 -m venv`".format(VENV, output))


def speaks():
    # type: () -> bool
    """Say whether the environment's Python starts, is new enough, and has pip."""
    check = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
    return os.path.exists(PYTHON) and call([PYTHON, "-c", check], None)[0] == 0


def fill_environment(mutex, extras):
    # type: (IO[bytes], tuple[str, ...]) -> None
    """Install the locks with pip, which checks every file's hash, and stamp them when all is done."""
    say("installing {} from requirements/ into .venv; this happens once".format(", ".join(extras)))
    locks = {extra: read_lock(extra) for extra in extras}
    files = [word for extra in extras for word in ("--requirement", os.path.join(LOCKS, extra + ".txt"))]
    pip = [PYTHON, "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", "--retries", "3"]
    code, output = call(pip + ["--no-warn-script-location", "--require-hashes"] + files, mutex.fileno())
    if code:
        # pip finds and checks every file before it touches the first, so that what was there still works. Should it
        # have failed later than that, the missing stamps send the next run here again.
        mutex.truncate(0)
        unreachable = "Could not find a version" in output or "onnection" in output
        cure = "a first run needs the network, or a mirror that pip knows" if unreachable else "mend that"
        raise Refusal("pip could not install the packages ({}): {}; then try again".format(output, cure))
    os.makedirs(STAMPS, exist_ok=True)
    version = call([PYTHON, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"], None)[1]
    for name, data in [("python", version.encode())] + [(extra + ".txt", lock) for extra, lock in locks.items()]:
        with open(os.path.join(STAMPS, name), "wb") as file:
            file.write(data)


def call(command, mutex):
    # type: (list[str], int | None) -> tuple[int, str]
    """Run a program and return its exit code and the line that says most about a failure.

    It inherits the lock: should this process be killed, the next run waits until the orphan has ended, too.
    """
    import subprocess

    # Settings that would send packages elsewhere than into the environment; all others (mirrors, proxies) are kept.
    astray = ("PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PYTHONHOME", "PYTHONPATH", "__PYVENV_LAUNCHER__")
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        env={key: value for key, value in os.environ.items() if key not in astray},
        pass_fds=() if mutex is None or os.name == "nt" else (mutex,),
        check=False,
    )
    lines = [line.strip() for line in done.stdout.splitlines() if line.strip()]
    telling = [line for line in lines if line.startswith(("ERROR:", "Error:", "OSError"))] or lines[-1:]
    return done.returncode, telling[0] if telling else ""


# --- Words ------------------------------------------------------------------------------------------------------------


def say(sentence):
    # type: (str) -> None
    """Tell the person at the terminal; stdout belongs to the command."""
    sys.stderr.write("coursewright: {}\n".format(sentence))


def apologise():
    # type: () -> int
    """Put the traceback of an error of our own into a file, name the file in one line, and return 70."""
    import tempfile
    import traceback

    with tempfile.NamedTemporaryFile("w", -1, "utf-8", prefix="coursewright-", suffix=".txt", delete=False) as file:
        file.write(traceback.format_exc())
    say("sorry, this is our own fault, not yours; what happened is in {}".format(file.name))
    return 70


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
