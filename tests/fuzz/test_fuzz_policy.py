"""Any bytes of a policy are BadInput in one line, or a version that all of its nations signed as it is."""

from __future__ import annotations

import msgspec

import trust_kit
from fuzz_kit import check_one_line, fuzzed, new_folder
from nodes.coalition import chain
from nodes.errors import BadInput

_FOLDER = new_folder()
_FILE = chain.version_file(trust_kit.home(), 1)
_GOOD = chain.read(_FILE)
SAMPLES = [_FILE.read_bytes(), msgspec.json.encode(_GOOD)]


def holds(data: bytes) -> None:
    file = _FOLDER / "000001.json"
    file.write_bytes(data)
    try:
        version = chain.follow(None, chain.read(file), str(file))
    except BadInput as error:
        check_one_line(error)
        return
    assert version.document.signed == _GOOD.signed
    assert set(version.signers(None)) == set(trust_kit.NATIONS)


def test_samples_are_versions() -> None:
    assert chain.follow(None, _GOOD, "here").policy.nations == trust_kit.NATIONS


test_holds = fuzzed(holds, SAMPLES)
