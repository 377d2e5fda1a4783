"""The table of commands: menus, the tool bar and the tests read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Menu = Literal["file", "edit", "view", "network", "run", "help"]

MENU_TITLES: dict[Menu, str] = {
    "file": "&File",
    "edit": "&Edit",
    "view": "&View",
    "network": "&Network",
    "run": "&Run",
    "help": "&Help",
}
"""English source texts of the menus, in the order of the menu bar."""


@dataclass(frozen=True)
class Action:
    """A command. ``title`` and ``help`` are English source texts; ``group`` parts a menu by lines.

    ``canvas_shortcuts`` work only while the canvas has the focus, so that these keys can be typed elsewhere.
    """

    id: str
    title: str
    menu: Menu
    group: int
    shortcuts: tuple[str, ...] = ()
    icon: str = ""
    help: str = ""
    canvas_shortcuts: tuple[str, ...] = ()
    checkable: bool = False


ACTIONS: tuple[Action, ...] = (
    Action("new", "&Empty network", "file", 0, ("Ctrl+N",), "new", "Start with an empty network"),
    Action("open", "&Open…", "file", 1, ("Ctrl+O",), "open", "Open a network file"),
    Action(
        "import",
        "&Import from cuda-convnet…",
        "file",
        1,
        (),
        "",
        "Make a network of layers.cfg and its parameters",
    ),
    Action("save", "&Save", "file", 2, ("Ctrl+S",), "save", "Save the network"),
    Action("save_as", "Save &as…", "file", 2, ("Ctrl+Shift+S",), "", "Save the network under another name"),
    Action("export", "&Export drawing…", "file", 3, ("Ctrl+E",), "", "Save the drawing as SVG or PNG"),
    Action("quit", "&Quit", "file", 4, ("Ctrl+Q",), "", "Close the studio"),
    Action("undo", "&Undo", "edit", 0, ("Ctrl+Z",), "undo", "Take the last change back"),
    Action("redo", "&Redo", "edit", 0, ("Ctrl+Shift+Z", "Ctrl+Y"), "redo", "Make the change again"),
    Action("history", "&History…", "edit", 0, ("Ctrl+H",), "", "Go to any step that was done or taken back"),
    Action("cut", "Cu&t", "edit", 1, (), "", "Take what is selected out, to the clipboard", ("Ctrl+X",)),
    Action("copy", "&Copy", "edit", 1, (), "", "Copy what is selected, as text", ("Ctrl+C",)),
    Action("paste", "&Paste", "edit", 1, (), "", "Add what was copied, at the pointer", ("Ctrl+V",)),
    Action("duplicate", "Dupli&cate", "edit", 1, (), "", "Copy what is selected beside itself", ("Ctrl+D",)),
    Action("delete", "&Delete", "edit", 2, (), "", "Remove it, and join what is left", ("Del", "Backspace")),
    Action("delete_open", "Delete and &leave open", "edit", 2, (), "", "Remove it only", ("Shift+Del",)),
    Action("select_all", "Select &all", "edit", 2, (), "", "Select all layers", ("Ctrl+A",)),
    Action("data", "D&ata", "view", 0, ("Ctrl+1",), "", "Look at the data set", checkable=True),
    Action("design", "&Design", "view", 0, ("Ctrl+2",), "", "Draw the network", checkable=True),
    Action("training", "&Train", "view", 0, ("Ctrl+3",), "", "Watch the network learn", checkable=True),
    Action("runs", "&Runs", "view", 0, ("Ctrl+R",), "runs", "Show the drawer of runs", checkable=True),
    Action("go_canvas", "&Go to canvas", "view", 1, ("Ctrl+G",), "", "Bring the keyboard to the drawing"),
    Action("go_palette", "Go to &list of layers", "view", 1, ("Ctrl+F",), "", "Search the list of layers"),
    Action("zoom_in", "Zoom &in", "view", 1, ("Ctrl++", "Ctrl+="), "plus", "Zoom in"),
    Action("zoom_out", "Zoom &out", "view", 1, ("Ctrl+-",), "minus", "Zoom out"),
    Action("fit_all", "&Fit all", "view", 1, ("Ctrl+0",), "fit", "Show the whole network", ("F",)),
    Action("fit_selection", "Fit &selection", "view", 1, (), "", "Show what is selected", ("Shift+F",)),
    Action("lens_shapes", "S&hapes", "view", 2, (), "", "Show what flows", ("1",), checkable=True),
    Action("lens_cost", "&Cost", "view", 2, (), "", "Show what layers cost", ("2",), checkable=True),
    Action("lens_gradients", "&Gradients", "view", 2, (), "", "Show what learns", ("3",), checkable=True),
    Action("lens_health", "&Health", "view", 2, (), "", "Show how layers fare", ("4",), checkable=True),
    Action("lens_split", "S&plit", "view", 2, (), "", "Show which device does what", ("5",), checkable=True),
    Action("light", "&Light", "view", 3, help="Light colours", checkable=True),
    Action("dark", "Da&rk", "view", 3, help="Dark colours", checkable=True),
    Action("system", "As the s&ystem", "view", 3, help="Colours as the system has them", checkable=True),
    Action("problems", "&Problems", "view", 4, ("Ctrl+Shift+M",), "", "List what is wrong", checkable=True),
    Action("reset_layout", "Rese&t layout", "view", 4, help="Put all panels back to where they belong"),
    Action("english", "&English", "view", 5, help="Speak English", checkable=True),
    Action("japanese", "日本語", "view", 5, help="Speak Japanese", checkable=True),
    Action("quick_add", "&Add layer…", "network", 0, (), "", "Search for a layer to add", ("Tab", "Shift+A")),
    Action("connect", "&Connect in order", "network", 0, (), "", "Connect the selected layers", ("J",)),
    Action("mute", "&Mute", "network", 1, (), "", "Let layers hand on what they get, or work again", ("M",)),
    Action("freeze", "&Freeze", "network", 1, (), "", "Keep weights as they are, or let them learn", ("K",)),
    Action("comment", "Add c&omment", "network", 1, (), "", "Write a note, around what is selected", ("C",)),
    Action("lay_out", "&Lay out", "network", 2, ("Ctrl+L",), "layout", "Put the layers in order"),
    Action("align_x", "Align in a col&umn", "network", 2, help="Below the one that was selected first"),
    Action("align_y", "Align in a &row", "network", 2, help="Beside the one that was selected first"),
    Action("distribute_x", "Space out ac&ross", "network", 2, help="With equal distances, left to right"),
    Action("distribute_y", "Space out &down", "network", 2, help="With equal distances, top to bottom"),
    Action("settings", "&Training and data", "network", 3, ("Ctrl+T",), "", "Show the network's settings"),
    Action("train", "&Start training", "run", 0, ("F5",), "play", "Train the network on the chosen device"),
    Action("pause", "&Pause", "run", 0, ("F6",), "pause", "Halt after the step in hand"),
    Action("resume", "&Resume", "run", 0, ("F7",), "play", "Go on after a pause"),
    Action("stop", "S&top", "run", 0, ("Shift+F5",), "stop", "End the run; a checkpoint is kept"),
    Action("checkpoint", "Keep a &checkpoint", "run", 1, help="Keep the weights as they are now"),
    Action("test", "&Test now", "run", 1, ("F8",), help="Measure the validation and test error now"),
    Action("computers", "Co&mputers…", "run", 2, help="Train on other computers, and watch runs there"),
    Action("find_command", "&Find command…", "help", 0, ("Ctrl+Shift+P",), "", "Carry out a command by name"),
    Action("keys", "&Keys and gestures", "help", 0, ("F1",), "", "All keys, and what the mouse does"),
)
"""All commands, in the order of their menus."""
