// Section 2, "The policy": versions believed after every member's signature, and what each says at a time.

import { createHash, createPublicKey, verify } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const SPKI = Buffer.from("302a300506032b6570032100", "hex"); // RFC 8410: what stands before an Ed25519 key

/** Whether 64 bytes are the signature of a key, 64 hexadecimal digits, over some bytes. */
export function isSigned(publicHex, signature, bytes) {
  const key = createPublicKey({ key: Buffer.concat([SPKI, Buffer.from(publicHex, "hex")]), format: "der", type: "spki" });
  return signature.length === 64 && verify(null, bytes, key, signature);
}

/** Scenario times stand in JSON as whole numbers beyond what a double holds: they are read as text. */
const parse = (json) => JSON.parse(json.replace(/"((?:effective|not_before|not_after)_ns)": ?(\d+)/g, '"$1":"$2"'));

export class Policy {
  /** Of a coalition directory. Throws where version 1 is not believed; what follows it and is not, is left alone. */
  constructor(root) {
    this.versions = [];
    let last = "";
    for (const file of readdirSync(join(root, "policy")).filter((name) => /^\d{6}\.json$/.test(name)).sort()) {
      const { signed, signatures } = JSON.parse(readFileSync(join(root, "policy", file), "utf8"));
      const policy = parse(signed);
      policy.effective = BigInt(policy.effective_ns ?? 0);
      if (!this.#follows(policy, signed, signatures, last)) break;
      policy.keyById = new Map((policy.keys ?? []).map((key) => [key.id, key]));
      policy.streamsOf = new Map((policy.nodes ?? []).map((node) => [node.id, streams(node)]));
      this.versions.push(policy);
      last = sha256(Buffer.from(signed));
    }
    if (!this.versions.length) throw new Error(`${root}: no version of the policy to be believed`);
  }

  /** The version in force at a scenario time. */
  at(time) {
    return this.versions.findLast((policy) => policy.effective <= time) ?? this.versions[0];
  }

  /** A key in any version. */
  key(id) {
    return this.versions.map((policy) => policy.keyById.get(id)).find((key) => key !== undefined);
  }

  /** The number above which nothing of a start and stream counts, if the members fenced it off. */
  fence(node, incarnation, stream) {
    const last = this.versions
      .flatMap((policy) => policy.fences ?? [])
      .filter((f) => f.node === node && BigInt(f.incarnation) === incarnation && (f.stream ?? "") === stream)
      .map((f) => BigInt(f.last_sequence));
    return last.length ? last.reduce((a, b) => (a < b ? a : b)) : null;
  }

  #follows(policy, signed, signatures, last) {
    const before = this.versions.at(-1);
    const fits =
      policy.version === this.versions.length + 1 &&
      (policy.previous ?? "") === last &&
      policy.effective >= (before?.effective ?? 0n) &&
      (policy.keys ?? []).every((key) => key.id === sha256(Buffer.from(key.public, "hex")).slice(0, 16));
    if (!fits) return false;
    const old = before?.nations ?? [];
    const may = [...(before?.keys ?? []), ...(policy.keys ?? []).filter((key) => !old.includes(key.nation))];
    const bytes = Buffer.concat([Buffer.from("triwatch.v1.Policy\0"), Buffer.from(signed)]);
    const signers = new Set();
    for (const one of signatures) {
      const key = may.find((k) => k.role === "nation" && k.id === one.key);
      if (key && isSigned(key.public, Buffer.from(one.signature, "hex"), bytes)) signers.add(key.nation);
    }
    return (
      policy.nations.every((nation) => signers.has(nation)) &&
      (!before || 2 * old.filter((nation) => signers.has(nation)).length > old.length)
    );
  }
}

function streams(node) {
  const groups = [node.releasable_to ?? [], ...(node.groups ?? [])];
  return new Set(groups.map((group) => [...group].sort().join("-")));
}
