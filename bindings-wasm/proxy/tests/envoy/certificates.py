"""Certificates of peers, made with openssl."""

from __future__ import annotations

import subprocess
from pathlib import Path

from configs import Json


class Authority:
    """Signs certificates."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self._key, self.certificate = folder / "ca.key", folder / "ca.pem"
        _openssl(
            *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *(
                "-keyout",
                self._key,
                "-out",
                self.certificate,
                "-subj",
                "/CN=authority",
                "-days",
                "2",
            ),
        )

    def issue(self, name: str, uri: str | None = None) -> tuple[Path, Path]:
        """A certificate of this subject, with its key."""
        stem = name.replace(" ", "-")
        key, request, certificate = (self.folder / f"{stem}.{end}" for end in ("key", "csr", "pem"))
        extensions = self.folder / f"{stem}.ext"
        names = f"URI:{uri}" if uri else "DNS:localhost"
        extensions.write_text(f"subjectAltName={names}\n")
        _openssl(
            *("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *("-keyout", key, "-out", request, "-subj", f"/CN={name}"),
        )
        _openssl(
            *("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self._key),
            *("-CAcreateserial", "-days", "2", "-extfile", extensions, "-out", certificate),
        )
        return certificate, key

    def listener(self, *, required: bool) -> Json:
        """How a listener shows a certificate and asks for one."""
        certificate, key = self.issue("localhost")
        own = {"certificate_chain": _file(certificate), "private_key": _file(key)}
        return {
            "require_client_certificate": required,
            "common_tls_context": {
                "tls_certificates": [own],
                "validation_context": {"trusted_ca": _file(self.certificate)},
            },
        }


def _openssl(*arguments: object) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


def _file(path: Path) -> Json:
    return {"filename": str(path)}
