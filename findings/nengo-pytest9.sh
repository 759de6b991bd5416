#!/usr/bin/env bash
# Nengo: with it installed, pytest 9 does not start, whatever the tests are of.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check 'nengo==4.1.0' 'numpy==2.4.6' 'pytest==9.2.0'
echo 'def test_nothing(): pass' > "$work/test_nothing.py"
said=$("$work/env/bin/python" -m pytest --quiet "$work/test_nothing.py" 2>&1) && { echo "this has changed: pytest starts"; exit 1; }
grep -E "Plugin 'nengo' for hook|startdir" <<< "$said" || { echo "this has changed: $said"; exit 1; }
"$work/env/bin/python" -m pytest --quiet -p no:nengo "$work/test_nothing.py"
