#!/usr/bin/python3
"""A WebKitGTK window without a toolbar, of the size named by two arguments, that WebKitWebDriver can drive."""
import sys

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("WebKit2", "4.1")
from gi.repository import Gtk, WebKit2  # noqa: E402

width, height = int(sys.argv[1]), int(sys.argv[2])
context = WebKit2.WebContext.get_default()
context.set_automation_allowed(True)


def make(_session):
    window = Gtk.Window(type=Gtk.WindowType.POPUP)
    view = WebKit2.WebView(web_context=context, is_controlled_by_automation=True)
    view.set_size_request(width, height)
    window.add(view)
    window.resize(width, height)
    window.move(0, 0)
    window.show_all()
    view.grab_focus()
    return view


def started(_context, session):
    # Without a name and a version the driver does not take it for a browser.
    info = WebKit2.ApplicationInfo()
    info.set_name("phone")
    info.set_version(1, 0, 0)
    session.set_application_info(info)
    session.connect("create-web-view", make)


context.connect("automation-started", started)
Gtk.main()
