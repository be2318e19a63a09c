"""Every format that a tape can be exported to."""

from kbview.cli.exports.chrome import Chrome
from kbview.cli.exports.file_format import Export
from kbview.cli.exports.pcapng import Pcapng
from kbview.cli.exports.rows import Csv, JsonLines

EXPORTS: dict[str, Export] = {each.name: each for each in (Csv(), JsonLines(), Chrome(), Pcapng())}
