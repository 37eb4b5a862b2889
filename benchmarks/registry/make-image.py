#!/usr/bin/env python3
"""Writes an OCI layout with an image of LAYERS gzip layers (or plain tars), MIB mebibytes uncompressed in all,
or with the given tars as its plain layers.

The files are half text and half noise, of mixed sizes, and the same on every run.
usage: make-image.py DIRECTORY [LAYERS [MIB [plain]]]; plain leaves the layers uncompressed
       make-image.py DIRECTORY LAYER.tar…
"""
import gzip, hashlib, io, json, os, random, sys, tarfile

args = sys.argv[1:] + ["", "", ""]
plain = args[3] == "plain"
given = [a for a in args[1:] if a.endswith(".tar")]
out = args[0]
layers, mib = (0, 0) if given else (int(args[1] or 10), int(args[2] or 500))
os.makedirs(f"{out}/blobs/sha256", exist_ok=True)
rnd = random.Random(1)
words = [bytes(rnd.choices(b"abcdefghijklmnopqrstuvwxyz", k=rnd.randint(2, 9))) for _ in range(4000)]


def put(data, media):
    digest = hashlib.sha256(data).hexdigest()
    with open(f"{out}/blobs/sha256/{digest}", "wb") as f:
        f.write(data)
    return {"mediaType": media, "digest": "sha256:" + digest, "size": len(data)}


def content(size):
    if rnd.random() < 0.5:
        return rnd.randbytes(size)
    return b" ".join(rnd.choices(words, k=size // 6))[:size]


descriptors, diff_ids = [], []
for layer in range(layers):
    raw, left, n = io.BytesIO(), mib * 1024 * 1024 // layers, 0
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as tar:
        while left > 0:
            size = min(left, rnd.choice([500, 2000, 8000, 30000, 200000, 2000000]))
            info = tarfile.TarInfo(f"data/l{layer}/d{n // 100}/f{n}")
            info.size = size
            body = content(size)
            info.size = len(body)
            tar.addfile(info, io.BytesIO(body))
            left -= size
            n += 1
    data = raw.getvalue()
    diff_ids.append("sha256:" + hashlib.sha256(data).hexdigest())
    media = "application/vnd.oci.image.layer.v1.tar"
    descriptors.append(put(data, media) if plain else put(gzip.compress(data, 6, mtime=0), media + "+gzip"))
for name in given:
    with open(name, "rb") as f:
        descriptors.append(put(f.read(), "application/vnd.oci.image.layer.v1.tar"))
    diff_ids.append(descriptors[-1]["digest"])
config = put(
    json.dumps({"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": diff_ids}}).encode(),
    "application/vnd.oci.image.config.v1+json",
)
manifest = put(
    json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": config, "layers": descriptors}).encode(),
    "application/vnd.oci.image.manifest.v1+json",
)
manifest["annotations"] = {"org.opencontainers.image.ref.name": "bench"}
with open(f"{out}/index.json", "w") as f:
    json.dump({"schemaVersion": 2, "manifests": [manifest]}, f)
with open(f"{out}/oci-layout", "w") as f:
    f.write('{"imageLayoutVersion":"1.0.0"}')
