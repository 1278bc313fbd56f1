"""``python -m benchmarks.peers --install``: make the environments that the peers live in."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys

from benchmarks.peers.registry import ASSEMBLERS, DESIGNERS, DIFFERENTIATORS, ENVIRONMENTS, PEERS, PYTHONS, folder


def install() -> None:
    """Make one virtual environment per requirements file, of this interpreter's version where it will do."""
    for name, requirements in ENVIRONMENTS.items():
        place = folder() / name
        python = shutil.which(PYTHONS[name]) if name in PYTHONS else sys.executable
        if python is None:
            print(f"{name}: left out, there is no {PYTHONS[name]}")
            continue
        subprocess.run([python, "-m", "venv", "--clear", str(place)], check=True)
        subprocess.run([str(place / "bin" / "pip"), "install", "--quiet", "-r", str(requirements)], check=True)
        print(f"{name}: {place}")


def main() -> None:
    """Install, or list the peers."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("--install", action="store_true", help="make the environments (again)")
    if parser.parse_args().install:
        install()
        return
    for peer in (*PEERS, *ASSEMBLERS, *DIFFERENTIATORS, *DESIGNERS):
        print(f"{peer.name:24} {', '.join(peer.packages):32} problems {peer.problems}")


if __name__ == "__main__":
    main()
