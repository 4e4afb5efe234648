from __future__ import annotations

from dataclasses import replace

import pytest

from bridge.errors import RemoteProtocolError
from bridge.sip.digest import (
    Challenge,
    Credentials,
    DigestClient,
    authorize,
    choose_challenge,
    is_right,
    parse_authorization,
    parse_challenge,
)

MUFASA = Credentials("Mufasa", "Circle of Life")
RFC7616 = {
    "MD5": "8ca523f5e9506fed4657c9700eebdbec",
    "SHA-256": "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
}


@pytest.mark.parametrize("algorithm", RFC7616)
def test_the_example_of_rfc_7616_section_3_9_1(algorithm: str) -> None:
    challenge = parse_challenge(
        'Digest realm="http-auth@example.org", qop="auth, auth-int", '
        f'algorithm={algorithm}, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", '
        'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
    )
    assert challenge is not None
    answer = authorize(
        challenge,
        Credentials("Mufasa", "Circle of Life"),
        method="GET",
        uri="/dir/index.html",
        cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    )
    assert answer.response == RFC7616[algorithm]


def test_the_example_of_rfc_2069_without_qop() -> None:
    challenge = Challenge("testrealm@host.com", "dcd98b7102dd2f0e8b11d0f600bfb0c093")
    answer = authorize(challenge, Credentials("Mufasa", "CircleOfLife"), method="GET", uri="/dir/index.html")
    assert answer.response == "1949323746fe6a43ef61f9606e7febea"
    assert "nc=" not in str(answer)


@pytest.mark.parametrize("qop", [True, False])
@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_both_sides_agree(algorithm: str, qop: bool) -> None:
    challenge = Challenge('re,"alm', "n", algorithm, qop=qop)
    text = str(authorize(challenge, MUFASA, method="REGISTER", uri="sip:h", cnonce="c", nonce_count=3))
    answer = parse_authorization(text)
    assert answer is not None
    assert answer.realm == 're,"alm'
    assert is_right(answer, MUFASA.password, method="REGISTER")
    assert not is_right(answer, "wrong", method="REGISTER")
    assert not is_right(answer, MUFASA.password, method="INVITE")
    assert not is_right(replace(answer, nonce="other"), MUFASA.password, method="REGISTER")


def test_the_strongest_known_algorithm_is_chosen() -> None:
    values = [
        'Digest realm="a", nonce="1", algorithm=MD5',
        'Digest realm="a", nonce="2", algorithm=SHA-512-256',
        'Basic realm="a"',
        'Digest realm="a", nonce="3", algorithm=SHA-256, qop="auth"',
    ]
    assert choose_challenge(values).nonce == "3"
    assert choose_challenge(values[:3]).nonce == "1"


@pytest.mark.parametrize(
    "values",
    [[], ['Basic realm="a"'], ['Digest realm="a"'], ['Digest realm="a", nonce="1", qop="auth-int"'], ["Digest"]],
)
def test_a_challenge_that_nobody_can_answer(values: list[str]) -> None:
    with pytest.raises(RemoteProtocolError, match="not supported"):
        choose_challenge(values)


def test_the_nonce_count_grows_and_starts_anew() -> None:
    client = DigestClient(MUFASA)
    assert client.answer("REGISTER", "sip:h", "c") is None
    client.learn(['Digest realm="a", nonce="1", qop="auth"'], proxy=False)
    counts = [client.answer("REGISTER", "sip:h", "c") for _ in range(2)]
    assert [value[1].partition("nc=")[2][:8] for value in counts if value] == ["00000001", "00000002"]
    client.learn(['Digest realm="a", nonce="2", qop="auth"'], proxy=True)
    answer = client.answer("REGISTER", "sip:h", "c")
    assert answer is not None
    assert answer[0] == "Proxy-Authorization"
    assert "nc=00000001" in answer[1]


def test_the_password_is_shown_nowhere() -> None:
    assert "Circle" not in repr(MUFASA)
    assert "Circle" not in str(authorize(Challenge("r", "n"), MUFASA, method="REGISTER", uri="sip:h"))
