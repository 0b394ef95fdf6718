"""A person in front of a real browser."""

from __future__ import annotations

import shutil
from pathlib import Path

from conftest import Hub
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support import expected_conditions as expected
from selenium.webdriver.support.ui import WebDriverWait

SHOTS = Path(__file__).parents[3] / "target" / "screenshots"
GPU = "GPU servers are for the GPU group. Choose another profile, or ask your group lead."


def test_a_person_reads_why_the_gpu_profile_is_denied(hub: Hub) -> None:
    options = webdriver.ChromeOptions()
    options.binary_location = _found("chromium")
    for argument in ("--headless=new", "--no-sandbox", "--window-size=1100,800"):
        options.add_argument(argument)
    browser = webdriver.Chrome(options=options, service=Service(_found("chromedriver")))
    try:
        wait = WebDriverWait(browser, 60)
        browser.get(f"{hub.url}/hub/login?next=/jhub/hub/home")
        browser.find_element(By.ID, "username_input").send_keys("ada")
        browser.find_element(By.ID, "password_input").send_keys("x")
        browser.find_element(By.ID, "login_submit").click()
        wait.until(expected.url_contains("/hub/home"))

        browser.get(f"{hub.url}/hub/spawn/ada")
        wait.until(expected.presence_of_element_located((By.NAME, "profile")))
        shown = [one.get_attribute("value") for one in browser.find_elements(By.NAME, "profile")]
        assert shown == ["small"]
        # What a page that was opened earlier, or forged, would send.
        script = "document.querySelector('input[name=profile]').value = 'gpu'"
        browser.execute_script(script)
        browser.find_element(By.CSS_SELECTOR, "input[type=submit], button[type=submit]").click()
        wait.until(expected.text_to_be_present_in_element((By.TAG_NAME, "body"), GPU))
        assert "decision" in browser.find_element(By.TAG_NAME, "body").text
        SHOTS.mkdir(parents=True, exist_ok=True)
        assert browser.save_screenshot(str(SHOTS / "hub-gpu-profile-denied.png"))
    finally:
        browser.quit()


def _found(program: str) -> str:
    path = shutil.which(program)
    assert path, (
        f"`{program}` is missing; install it with `apt-get install chromium chromium-driver`"
    )
    return path
