"""The one tool bar: workspaces, file, undo; device and run."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtWidgets import QSizePolicy, QToolBar, QToolButton, QWidget

from studio.qt import icons, theme
from studio.qt.commands import Commands
from studio.qt.files import Files
from studio.qt.split.split_button import SplitButton

_ICON = QSize(20, 20)


class ToolBar(QToolBar):
    """Shows the commands that are used all the time."""

    def __init__(
        self,
        commands: Commands,
        files: Files,
        *,
        split: SplitButton,
        device: QWidget,
        progress: QWidget,
        parent: QWidget,
    ) -> None:
        super().__init__(parent.tr("Tools"), parent)
        self.setObjectName("tools")
        self.setMovable(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.setIconSize(_ICON)
        self._commands = commands
        for name in ("data", "design", "training", "runs"):
            self._add_words(name)
        self.addSeparator()
        new = QToolButton()
        new.setMenu(commands.new_menu(files, new))
        new.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        new.setDefaultAction(commands["new"])
        self.addWidget(new)
        for name in ("open", "save"):
            self.addAction(commands[name])
        self.addSeparator()
        for name in ("undo", "redo"):
            self.addAction(commands[name])
        self.addSeparator()
        self.addAction(commands["lay_out"])
        gap = QWidget()
        gap.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.addWidget(gap)
        self.addWidget(progress)
        split.follow(self.addWidget(split))
        self.addWidget(device)
        self._train = self._add_words("train")
        self._train.setObjectName("primary")
        for name in ("pause", "resume", "stop"):
            self._add_words(name)
        self._show_train_icon()
        # Whenever its action changes, the button takes the action's icon again.
        commands["train"].changed.connect(self._show_train_icon)

    def _add_words(self, name: str) -> QToolButton:
        """Add a command with its title."""
        self.addAction(self._commands[name])
        button = self.widgetForAction(self._commands[name])
        assert isinstance(button, QToolButton)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        return button

    def _show_train_icon(self) -> None:
        """Draw the icon of the one main command in the colour of what stands on the accent."""
        self._train.setIcon(icons.icon("play", 20, theme.colour("on_accent")))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_train"):
            self._show_train_icon()
