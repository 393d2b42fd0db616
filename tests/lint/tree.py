"""The tree holds what it says: fails on a file that is too long, a source that no target builds, a header that nobody
includes, and a path in the documents that leads nowhere.

Usage: tree.py SOURCE_DIR
"""

import pathlib
import posixpath
import re
import sys

LINES_MAX = 600
AREAS = ("simulator/", "devices/", "control/", "tests/")
# Elsewhere below tests/ lists are made of names: every fuzz target, every benchmark.
BUILT = ("simulator/", "devices/", "control/", "tests/unit/", "tests/integration/", "tests/scenario/")
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)
LINK = re.compile(r"\]\(([^)#: ]+)(?:#[^)]*)?\)")
CODE_PATH = re.compile(r"`((?:simulator|control|devices|tests|scripts|docs|configs|cmake)/[\w./-]*)`")


def too_long(text):
    """How many lines `text` has when they are too many; else 0."""
    lines = text.count("\n")
    return lines if lines > LINES_MAX else 0


def unbuilt(source, cmake):
    """Whether no list names the source; `cmake`: {folder: text of its CMakeLists.txt}."""
    folder = posixpath.dirname(source)
    for parent in [folder, *map(str, pathlib.PurePosixPath(folder).parents)]:
        name = posixpath.relpath(source, parent)
        if re.search(rf"(^|[\s(/]){re.escape(name)}([\s)]|$)", cmake.get(parent, ""), re.MULTILINE):
            return False
    # Another folder's list may name it by a way up.
    return not any(re.search(rf"\.\./\S*{re.escape(posixpath.basename(source))}", text) for text in cmake.values())


def unused(headers, texts):
    """Those of `headers` that no other file of `texts` ({path: text}) includes."""
    included = {target for source, text in texts.items() for target in INCLUDE.findall(text)
                if pathlib.PurePosixPath(target).with_suffix("") != pathlib.PurePosixPath(source).with_suffix("")}
    return sorted(set(headers) - included)


def dead_paths(document, text, paths):
    """The paths in a Markdown text that are none of `paths` (files and folders)."""
    links = [posixpath.normpath(posixpath.join(posixpath.dirname(document), link)) for link in LINK.findall(text)]
    named = [posixpath.normpath(path) for path in CODE_PATH.findall(text)]
    return [path for path in links + named if path not in paths]


def main(root):
    hidden = {"build", "node_modules", ".git"}
    files = [p for p in root.rglob("*") if p.is_file() and not hidden & set(p.relative_to(root).parts)]
    paths = {p.relative_to(root).as_posix() for p in files}
    folders = {parent.as_posix() for path in paths for parent in pathlib.PurePosixPath(path).parents}
    code = {path: (root / path).read_text(encoding="utf-8") for path in sorted(paths)
            if path.startswith(AREAS) and path.endswith((".h", ".cc"))}
    cmake = {posixpath.dirname(path): (root / path).read_text(encoding="utf-8") for path in paths
             if path.endswith("CMakeLists.txt")}
    wrong = [f"{path}: {too_long(text)} lines, more than {LINES_MAX}: two ideas?" for path, text in code.items()
             if too_long(text)]
    wrong += [f"{path}: no target builds it" for path in code
              if path.startswith(BUILT) and path.endswith(".cc") and unbuilt(path, cmake)]
    wrong += [f"{path}: nobody includes it" for path in unused([p for p in code if p.endswith(".h")], code)]
    for path in sorted(paths):
        if path.endswith(".md"):
            text = (root / path).read_text(encoding="utf-8")
            wrong += [f"{path}: there is no {dead}" for dead in dead_paths(path, text, paths | folders)]
    print("\n".join([*wrong, f"{len(code)} files, {len(wrong)} wrong"]))
    return 1 if wrong or not code else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
