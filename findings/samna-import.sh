#!/usr/bin/env bash
# samna 0.48.6, which sinabs 3.1.3 needs. Seen: the package on PyPI holds no module of its own; the first `import samna` runs pip, which
# fetches another package of the same name and version from another index and installs it over itself. Where that index is not
# reached (here pip is told to use none) the import fails, although pip had said that samna was installed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" -q --disable-pip-version-check install samna==0.48.6
size=$(find "$folder"/venv/lib/python3*/site-packages/samna -type f -name '*.so*' | wc -l)
echo "compiled modules installed by pip: $size"
[ "$size" = 0 ] || { echo "this has changed"; exit 1; }
cd "$folder"
status=0
PIP_NO_INDEX=1 venv/bin/python -c "import samna" > said 2>&1 || status=$?
grep -m1 "No matching distribution found for samna" said || { echo "import samna no longer runs pip: this has changed"; cat said; exit 1; }
echo "import samna: exit status $status"
