"""The audio files that a table names in its column `file`: where they are, and which are missing.

The plan asks this before any job, and jobs again. Standard library only.

Conventions: a name is a path below a folder, or a whole path. A file is the one that the name means, however
it is spelled: in either Unicode form, with / or \\ between folders, with ~ for the home folder.
"""

import difflib
import os
import unicodedata
from pathlib import Path

from shared.sentences import FEW

AUDIO = {".wav", ".flac", ".ogg", ".oga", ".opus", ".aif", ".aiff", ".au", ".caf", ".mp3", ".w64", ".rf64"}
FOREIGN = {"__MACOSX", "@eaDir", "$RECYCLE.BIN", "System Volume Information"}  # folders of other systems


def found(name, folder="."):
    """The existing file or folder that a name means, as a Path, or None."""
    path = Path(os.path.expanduser(folder), os.path.expanduser(name))
    if os.path.exists(path):
        return path
    path = Path(*(os.path.expanduser(str(part).replace("\\", "/")) for part in (folder, name)))
    here = Path()
    for part in path.parts:
        forms = dict.fromkeys([part, *(unicodedata.normalize(form, part) for form in ("NFC", "NFD"))])
        here = next((here / form for form in forms if os.path.exists(here / form)), None)
        if here is None:
            return None
    return here


def folder_fault(folder):
    """What is wrong with the folder of the files; empty if nothing is."""
    place = found(folder)
    if place is None:
        return f"the folder {folder} does not exist"
    return "" if place.is_dir() else f"{folder} is a file, not a folder"


def listed_files(names, folder="."):
    """Where the files are that a table names, and what is wrong with them: {name: Path}, list of text.

    Each file stands once in the former. Faults are files that do not exist, that are named twice, and audio
    files of the folder that are not named. The working directory is not searched for such. Files that other
    systems hide in a folder do not count.
    """
    if fault := folder_fault(folder):
        return {}, [fault]
    missing, faults, seen, paths = [], [], {}, {}
    for name in map(str, names):
        path = found(name, folder)
        if path is None or not os.path.isfile(path):
            missing.append(name)
        elif path.name.startswith("._"):
            faults.append(f"{name} is no sound, but what macOS keeps beside a file; delete its row")
        elif (identity := identity_of(path)) in seen:
            other = seen[identity]
            faults.append(f"{name} is listed twice{'' if other == name else f', also as {other}'}")
        else:
            seen[identity], paths[name] = name, path
    if len(missing) == len(names) > 1:
        return {}, [f"none of the {len(names)} files, such as {names[0]}, is in {place_words(folder)}"]
    faults = [missing_words(name, folder, i < FEW) for i, name in enumerate(missing)] + faults
    return paths, faults + (
        [f"{path} has no row" for path in unlisted(folder, seen)] if folder != "." else []
    )


def place_words(folder):
    """What a folder is called in a message."""
    return "the working directory" if folder == "." else f"the folder {folder}"


def missing_words(name, folder, look):
    """What is said of a file that does not exist. look: for a file of a similar name beside it."""
    path = Path(found(folder), os.path.expanduser(name.replace("\\", "/")))
    if path.is_dir():
        return f"{name} cannot be read: it is a folder"
    there = os.listdir(path.parent) if look and path.parent.is_dir() else []
    near = difflib.get_close_matches(
        path.name.casefold(), [other.casefold() for other in there], n=1, cutoff=0.8
    )
    alike = next((other for other in there if [other.casefold()] == near), None)
    return f"{name} cannot be read: it does not exist{f' ({alike} does)' if alike else ''}"


def identity_of(path):
    """What two paths of one file have in common."""
    file = os.stat(path)
    return file.st_dev, file.st_ino


def unlisted(folder, listed):
    """Audio files of a folder that are not among some identities, as paths below it, sorted."""
    top, paths = found(folder), []
    for place, folders, files in os.walk(top):
        folders[:] = [name for name in folders if name not in FOREIGN and not name.startswith(".")]
        for name in files:
            path = Path(place, name)
            audio = path.suffix.lower() in AUDIO and not name.startswith(".") and path.is_file()
            if audio and identity_of(path) not in listed:
                paths.append(path.relative_to(top).as_posix())
    return sorted(paths)
