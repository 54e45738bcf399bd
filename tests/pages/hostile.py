"""Strings that others may bring: markup, escapes of terminals, words without an end. Put where pages show them."""
import json

MARKUP = '<b data-hostile="1">bold</b><img src=x onerror="window.hostile=1"><script>window.hostile=2</script>'
ESCAPES = "\x1b[2J\x1b]0;title\x07\u202emirror\u202c"
LONG = "x" * 10_000
TEXT = MARKUP + ESCAPES + LONG


def put(db, rows):
    """Into names, words and values of everything that the database has."""
    db.execute("UPDATE campaign SET name = ?", (TEXT,))
    db.execute("UPDATE campaign SET error = ? WHERE state = 'failed'", (TEXT,))
    db.execute("UPDATE run SET warnings = ?, waiting = ?", (json.dumps([TEXT]), TEXT))
    db.execute("UPDATE run SET reasons = ? WHERE grade IS NOT NULL", (json.dumps([TEXT]),))
    db.execute("UPDATE run SET levels = ?", (json.dumps({rows.path: TEXT}),))
    db.execute("UPDATE run SET conditions = json_set(conditions, '$.noise', json(?))", (json.dumps({"words": TEXT}),))
    db.execute("UPDATE run SET error = ? WHERE state = 'failed'",
               (json.dumps({"type": "workload", "step": "workload", "detail": TEXT}),))
    nodes = [{"name": TEXT, "role": "compute", "address": None, "state": "lost"}] * 2
    db.execute("UPDATE cluster SET nodes = ?, warnings = ?, scheduler_version = ?, image_name = ?",
               (json.dumps(nodes), json.dumps([TEXT]), TEXT, TEXT))
    db.execute("UPDATE cluster SET residue = ?",
               (json.dumps({"empty": False, "differences": [{"kind": "file", "item": TEXT, "change": "appeared"}]}),))
    db.execute("UPDATE step SET state = 'failed', error = ? WHERE name = 'workload'", (TEXT,))
    db.execute("UPDATE job SET node_list = ? WHERE idx = 3", (TEXT.replace(",", " "),))
    db.execute("UPDATE image SET name = ?", (TEXT,))
    db.execute("INSERT INTO event (at_ns, kind, subject, data) VALUES (1, 'run.done', ?, ?)",
               ("run/" + TEXT, json.dumps({"words": TEXT})))
