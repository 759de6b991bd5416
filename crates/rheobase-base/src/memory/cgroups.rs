//! What control groups leave free: those of version 1 and of version 2, and in both every group around the process's.
//!
//! Limits and use stand in files of the groups' folders
//! (<https://docs.kernel.org/admin-guide/cgroup-v2.html>, <https://docs.kernel.org/admin-guide/cgroup-v1/memory.html>).

use std::path::{Component, Path, PathBuf};

use super::{Free, text, under};

/// The names that a version has for the same things.
struct Version {
    /// Beyond `memory.max` a process is ended, beyond `memory.high` it hardly gets on: the lower one counts. The soft limit
    /// of version 1 only matters where others need the memory.
    limits: &'static [&'static str],
    used: &'static str,
    /// What of the use is pages of files, which the system takes back when memory is short.
    pages: [&'static str; 2],
}

const V1: Version = Version {
    limits: &["memory.limit_in_bytes"],
    used: "memory.usage_in_bytes",
    pages: ["total_inactive_file", "total_active_file"],
};
const V2: Version = Version {
    limits: &["memory.max", "memory.high"],
    used: "memory.current",
    pages: ["inactive_file", "active_file"],
};

/// Where groups are mounted.
struct Mount {
    version: &'static Version,
    /// The group that is seen at `point`: not the topmost one in some containers.
    root: String,
    point: String,
}

/// What each group with a limit leaves free.
pub(super) fn free(root: &Path) -> Vec<Free> {
    let (Some(mounts), Some(groups)) = (text(root, "/proc/self/mountinfo"), text(root, "/proc/self/cgroup"))
    else {
        return Vec::new();
    };
    let mut all = Vec::new();
    for mount in mounts.lines().filter_map(Mount::parse) {
        let Some(group) = group_of(&groups, mount.version) else { continue };
        let inside = inside(group, &mount.root);
        for path in inside.ancestors() {
            let folder = under(root, &mount.point).join(path);
            if let Some(bytes) = left(&folder, mount.version) {
                all.push(Free { bytes, of: format!("within the control group /{}", path.display()) });
            }
        }
    }
    all
}

impl Mount {
    /// A line of `/proc/self/mountinfo`, if groups that count memory are mounted there.
    fn parse(line: &str) -> Option<Mount> {
        let (place, what) = line.split_once(" - ")?;
        let mut what = what.split(' ');
        let (kind, _, options) = (what.next()?, what.next()?, what.next().unwrap_or_default());
        let version = match kind {
            "cgroup2" => &V2,
            "cgroup" if options.split(',').any(|o| o == "memory") => &V1,
            _ => return None,
        };
        let mut place = place.split(' ').skip(3);
        Some(Mount { version, root: unescaped(place.next()?), point: unescaped(place.next()?) })
    }
}

/// Spaces in paths stand as `\040`.
fn unescaped(path: &str) -> String {
    path.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\")
}

/// The group of the process in a hierarchy: lines are `0::/group` in version 2, `4:memory:/group` in version 1.
fn group_of<'a>(groups: &'a str, version: &Version) -> Option<&'a str> {
    groups.lines().find_map(|line| {
        let mut parts = line.splitn(3, ':');
        let (number, controllers, path) = (parts.next()?, parts.next()?, parts.next()?);
        let fits = match std::ptr::eq(version, &V2) {
            true => number == "0" && controllers.is_empty(),
            false => controllers.split(',').any(|c| c == "memory"),
        };
        fits.then_some(path)
    })
}

/// The path of `group` below the mount that shows `root`; the mount itself for a group that it does not show.
fn inside(group: &str, root: &str) -> PathBuf {
    let inside = Path::new(group).strip_prefix(root).unwrap_or(Path::new(""));
    let plain = inside.components().all(|c| matches!(c, Component::Normal(_)));
    if plain { inside.to_path_buf() } else { PathBuf::new() }
}

/// What a group leaves free, if it has a limit.
fn left(folder: &Path, version: &Version) -> Option<f64> {
    let read = |file: &str| std::fs::read_to_string(folder.join(file)).ok();
    let number = |file: &str| read(file)?.trim().parse::<f64>().ok();
    // No limit is `max`, which is not a number.
    let most = version.limits.iter().filter_map(|limit| number(limit)).reduce(f64::min)?;
    let used = number(version.used)?;
    let stat = read("memory.stat").unwrap_or_default();
    let pages = stat.lines().filter_map(|line| {
        let (name, bytes) = line.split_once(' ')?;
        version.pages.contains(&name).then(|| bytes.trim().parse::<f64>().ok())?
    });
    Some((most - (used - pages.sum::<f64>()).max(0.0)).max(0.0))
}

#[cfg(test)]
mod tests {
    use super::super::tests::system;
    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<(f64, String)> {
        free(system(files).path()).into_iter().map(|f| (f.bytes, f.of)).collect()
    }

    fn within(bytes: f64, group: &str) -> (f64, String) {
        (bytes, format!("within the control group {group}"))
    }

    const V2_MOUNT: (&str, &str) = (
        "/proc/self/mountinfo",
        "29 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n",
    );

    #[test]
    fn every_group_of_version_2_counts_with_its_own_use() {
        let files = [
            V2_MOUNT,
            ("/proc/self/cgroup", "0::/user.slice/job/step\n"),
            ("/sys/fs/cgroup/user.slice/memory.max", "1000\n"),
            ("/sys/fs/cgroup/user.slice/memory.current", "900\n"),
            (
                "/sys/fs/cgroup/user.slice/memory.stat",
                "anon 500\ninactive_file 250\nactive_file 100\nfile 400\n",
            ),
            ("/sys/fs/cgroup/user.slice/job/memory.max", "max\n"),
            ("/sys/fs/cgroup/user.slice/job/memory.current", "800\n"),
            ("/sys/fs/cgroup/user.slice/job/step/memory.max", "2000\n"),
            ("/sys/fs/cgroup/user.slice/job/step/memory.high", "max\n"),
            ("/sys/fs/cgroup/user.slice/job/step/memory.current", "700\n"),
        ];
        let want = [within(1300.0, "/user.slice/job/step"), within(450.0, "/user.slice")];
        assert_eq!(found(&files), want);
    }

    #[test]
    fn the_lower_of_the_two_limits_of_version_2_counts() {
        for (max, high, left) in [("1000", "600", 500.0), ("600", "1000", 500.0), ("max", "300", 200.0)] {
            let files = [
                V2_MOUNT,
                ("/proc/self/cgroup", "0::/job\n"),
                ("/sys/fs/cgroup/job/memory.max", max),
                ("/sys/fs/cgroup/job/memory.high", high),
                ("/sys/fs/cgroup/job/memory.current", "100\n"),
            ];
            assert_eq!(found(&files), [within(left, "/job")], "{max} {high}");
        }
    }

    #[test]
    fn groups_of_version_1_and_of_both_versions_at_once() {
        let mounts = "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n\
                      36 31 0:33 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n\
                      41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
        let files = [
            ("/proc/self/mountinfo", mounts),
            ("/proc/self/cgroup", "9:name=systemd:/a\n4:cpu,memory:/batch/job: 7\n0::/other\n"),
            ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"),
            ("/sys/fs/cgroup/memory/memory.usage_in_bytes", "12\n"),
            ("/sys/fs/cgroup/memory/batch/memory.limit_in_bytes", "500\n"),
            ("/sys/fs/cgroup/memory/batch/memory.usage_in_bytes", "450\n"),
            (
                "/sys/fs/cgroup/memory/batch/memory.stat",
                "inactive_file 9\ntotal_inactive_file 40\ntotal_active_file 10\n",
            ),
            ("/sys/fs/cgroup/memory/batch/job: 7/memory.limit_in_bytes", "400\n"),
            ("/sys/fs/cgroup/memory/batch/job: 7/memory.usage_in_bytes", "500\n"),
            ("/sys/fs/cgroup/unified/other/memory.max", "300\n"),
            ("/sys/fs/cgroup/unified/other/memory.current", "100\n"),
            ("/sys/fs/cgroup/cpu/batch/memory.limit_in_bytes", "1\n"),
        ];
        let found = found(&files);
        assert_eq!(found[..2], [within(0.0, "/batch/job: 7"), within(100.0, "/batch")]);
        assert_eq!(found[2].1, "within the control group /");
        assert_eq!(found[3..], [within(200.0, "/other")]);
    }

    #[test]
    fn a_container_may_see_its_own_group_as_the_topmost() {
        let limit = [("/groups here/memory.max", "1000\n"), ("/groups here/memory.current", "100\n")];
        let mount = |root: &str| format!("29 23 0:26 {root} /groups\\040here rw - cgroup2 cgroup rw\n");
        for (root, group) in
            [("/docker/abc", "/docker/abc"), ("/", "/../../other"), ("/docker/abc", "/elsewhere")]
        {
            let (mount, group) = (mount(root), format!("0::{group}\n"));
            let mut files = vec![("/proc/self/mountinfo", &mount[..]), ("/proc/self/cgroup", &group[..])];
            files.extend(limit);
            assert_eq!(found(&files), [within(900.0, "/")], "{root} {group}");
        }
        // The group below the one that is seen.
        let (mount, group) = (mount("/docker/abc"), "0::/docker/abc/job\n");
        let below = ("/groups here/job/memory.max", "50\n");
        let used = ("/groups here/job/memory.current", "20\n");
        let mut files = vec![("/proc/self/mountinfo", &mount[..]), ("/proc/self/cgroup", group), below, used];
        files.extend(limit);
        assert_eq!(found(&files), [within(30.0, "/job"), within(900.0, "/")]);
    }

    #[test]
    fn no_groups_no_limit() {
        assert!(found(&[]).is_empty());
        assert!(found(&[V2_MOUNT, ("/proc/self/cgroup", "0::/a\n")]).is_empty());
        assert!(found(&[V2_MOUNT, ("/proc/self/cgroup", "nonsense\n")]).is_empty());
    }
}
