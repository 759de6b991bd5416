"""Time and memory of reading events beside what reads the same file elsewhere: expelliarmus (EVT 3), aedat (AEDAT 4), h5py (SHD).

    pip install expelliarmus==1.1.12 aedat==2.3.0 h5py lz4 numpy
    cargo build --release -p rheobase-data --example reading
    python benches/peers/recordings.py target/release/examples/reading

The files are made here: EVENTS events of a camera of 640 by 480 pixels, and SAMPLES samples of 700 channels as SHD has them. Each
reading is a process of its own, five in turn for each reader; the smallest time within the process and the most memory are taken,
memory less that of the same process without the file. Prints one line per format: seconds of both, their ratio, and memory as a
multiple of what the events take as t (8 bytes), x, y (2 each) and p (1), or as step, channel and value (4 each).

What is read here of SHD is a data set: events in steps of 1 ms, in the order of step and channel, several of one channel as one. Its
second line has h5py do that too, with NumPy; its first leaves h5py with the times and channels as they are stored.
"""

import struct
import subprocess
import sys
import tempfile
from pathlib import Path

EVENTS, SAMPLES, PER_SAMPLE = 5_000_000, 2_000, 5_000

PEERS = {
    "events.raw": "from expelliarmus import Wizard; e = Wizard(encoding='evt3').read({file!r}); n = len(e)",
    "events.aedat4": "import aedat\nn = 0\nfor p in aedat.Decoder({file!r}):\n    n += len(p['events']) if 'events' in p else 0",
    "digits.h5": "import h5py; f = h5py.File({file!r}); t = f['spikes/times'][()]; u = f['spikes/units'][()]; n = sum(map(len, t))",
}
STEPPED = PEERS["digits.h5"].split("; n =")[0].replace("import h5py", "import h5py, numpy") + """
parts = [numpy.unique((x.astype("f8") / 1e-3 + 1e-6).astype("i8") * 700 + v, return_counts=True) for x, v in zip(t, u)]
step, channel = (numpy.concatenate([f(p[0]) for p in parts]).astype("u4") for f in (lambda k: k // 700, lambda k: k % 700))
value = numpy.concatenate([p[1] for p in parts]).astype("f4")
n = sum(map(len, t))"""
MEASURE = """
import time
{start}
peak = lambda: int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0])
before = peak()
begin = time.perf_counter()
{work}
print(time.perf_counter() - begin, peak() - before, n)
"""


def camera(numpy):
    random = numpy.random.default_rng(20)
    t = numpy.sort(random.integers(0, 10_000_000, EVENTS))
    return t, random.integers(0, 640, EVENTS), random.integers(0, 480, EVENTS), random.integers(0, 2, EVENTS)


def evt3(path: Path, numpy) -> None:
    """Words of 16 bits: upper and lower part of the time where they change, then row and column."""
    t, x, y, p = camera(numpy)
    high, low = t >> 12 & 0xFFF, t & 0xFFF
    new = lambda v: numpy.concatenate(([True], v[1:] != v[:-1]))
    words = numpy.stack([0x8000 | high, 0x6000 | low, y, 0x2000 | p << 11 | x], 1).astype("<u2")
    there = numpy.stack([new(high), new(t), numpy.ones(EVENTS, bool), numpy.ones(EVENTS, bool)], 1)
    head = b"% evt 3.0\n% format EVT3;height=480;width=640\n% geometry 640x480\n% end\n"
    path.write_bytes(head + words[there].tobytes())


def flatbuffer(identifier: bytes, fields: bytes) -> bytes:
    """A buffer whose root table has one field, an offset to `fields`."""
    table = struct.pack("<HHH", 6, 8, 4) + b"\0\0"
    root = len(table) + 8
    body = struct.pack("<I4s", root, identifier) + table + struct.pack("<iI", 8, 4) + fields
    return struct.pack("<I", len(body)) + body


def aedat4(path: Path, numpy) -> None:
    """Packets of 10,000 events, each packed by LZ4, behind a header with the description of one stream."""
    import lz4.frame

    t, x, y, p = camera(numpy)
    record = numpy.zeros(EVENTS, numpy.dtype({"names": ["t", "x", "y", "p"], "formats": ["<i8", "<i2", "<i2", "?"], "offsets": [0, 8, 10, 12], "itemsize": 16}))
    record["t"], record["x"], record["y"], record["p"] = t, x, y, p
    text = (
        '<dv version="2.0"><node name="outInfo" path="/mainloop/Recorder/outInfo/"><node name="0" path="/mainloop/Recorder/outInfo/0/">'
        '<attr key="compression" type="string">LZ4</attr><attr key="typeIdentifier" type="string">EVTS</attr>'
        '<node name="info" path="/mainloop/Recorder/outInfo/0/info/"><attr key="sizeX" type="int">640</attr><attr key="sizeY" type="int">480</attr>'
        "</node></node></node></dv>"
    ).encode()
    # A header: compression 1 (LZ4), no table of the packets, the text.
    vtable = struct.pack("<HHHHH", 10, 20, 4, 8, 16) + b"\0\0"
    root = 8 + len(vtable)
    table = struct.pack("<iiq", len(vtable), 1, -1) + struct.pack("<I", 4)
    head = struct.pack("<I4s", root, b"IOHE") + vtable + table + struct.pack("<I", len(text)) + text + b"\0"
    head = struct.pack("<I", len(head)) + head
    with open(path, "wb") as out:
        out.write(b"#!AER-DAT4.0\r\n" + head)
        for begin in range(0, EVENTS, 10_000):
            events = record[begin : begin + 10_000].tobytes()
            # The vector of records begins behind its length, at a multiple of 8.
            packet = flatbuffer(b"EVTS", struct.pack("<I", len(events) // 16) + events)
            packed = lz4.frame.compress(packet)
            out.write(struct.pack("<ii", 0, len(packed)) + packed)


def shd(path: Path, numpy) -> None:
    import h5py

    random = numpy.random.default_rng(20)
    with h5py.File(path, "w") as file:
        times = file.create_dataset("spikes/times", (SAMPLES,), dtype=h5py.vlen_dtype("<f2"))
        units = file.create_dataset("spikes/units", (SAMPLES,), dtype=h5py.vlen_dtype("<u2"))
        for i in range(SAMPLES):
            times[i] = numpy.sort(random.uniform(0, 1, PER_SAMPLE)).astype("f2")
            units[i] = random.integers(0, 700, PER_SAMPLE)
        file["labels"] = random.integers(0, 20, SAMPLES)


def peer(file: Path, work: str) -> tuple[float, float, int]:
    work = work.format(file=str(file))
    start = "\n".join(line.split(";")[0] for line in work.split("\n") if line.startswith(("import", "from")))
    out = subprocess.run([sys.executable, "-c", MEASURE.format(start=start, work=work)], capture_output=True, text=True, check=True)
    seconds, memory, count = out.stdout.split()
    return float(seconds), float(memory) * 1024, int(count)


def ours(program: str, file: Path) -> tuple[float, float, int]:
    run = lambda *args: subprocess.run([program, *args], capture_output=True, text=True, check=True).stdout
    line = run(str(file))
    words = line.split(": ", 1)[1].split()
    seconds = float(line.split(" in ")[1].split()[0])
    return seconds, float(line.split("so far: ")[1].split()[0]) * 1024, int(words[0])


def main() -> None:
    import numpy

    program = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        for name, make in (("events.raw", evt3), ("events.aedat4", aedat4), ("digits.h5", shd)):
            file = Path(folder) / name
            make(file, numpy)
            for work in [PEERS[name], STEPPED][: 2 if name == "digits.h5" else 1]:
                compare(program, file, work)


def compare(program: str, file: Path, work: str) -> None:
    a, b = [], []
    for _ in range(5):
        a.append(ours(program, file))
        b.append(peer(file, work))
    (mine, memory, count), (theirs, other, seen) = min(a), min(b)
    size = 12 * SAMPLES * PER_SAMPLE if file.name == "digits.h5" else 13 * EVENTS
    print(
        f"{file.name}{' in steps' if work == STEPPED else ''}: {count:,} read here in {mine:.3f} s, {seen:,} there in {theirs:.3f} s: "
        f"{theirs / mine:.2f} times as fast; memory {memory / size:.2f} times the events here, {other / size:.2f} there"
    )


if __name__ == "__main__":
    main()
