"""Whether the folders that the operator named are there."""

import os

from bert_core.model_names import looks_like_folder
from bert_core.settings import Settings, SettingsError, origin, said_by


def check_places(settings: Settings) -> None:
    """Refuse a place that the operator named and that cannot be used.

    Raises:
        SettingsError: the home is no folder, or there is none where ``models`` or ``folders`` name
            one.
    """
    _check_home(settings)
    _check_folders(settings)


def _check_home(settings: Settings) -> None:
    """Refuse a home that is no folder; one whose disk is full or shut can still show its runs."""
    places = (settings.home, *settings.home.parents)
    there = next(place for place in places if os.path.exists(place))
    if not there.is_dir():
        raise SettingsError(
            f"{said_by('home')} is {settings.home}, but {there} is no folder. "
            "Choose another place.",
            key="home",
        )


def _check_folders(settings: Settings) -> None:
    """Refuse a folder that the operator named and that is not there: most are misspelt."""
    named = [("models", name) for name in settings.models if looks_like_folder(name)]
    if origin("folders")[0] != "default":
        named += [("folders", str(folder)) for folder in settings.folders]
    for key, folder in named:
        if not os.path.isdir(os.path.expanduser(folder)):
            raise SettingsError(
                f"{said_by(key)} names {folder}, where no folder is. Make it, mount it, or change "
                f"the setting {key}.",
                key=key,
            )
